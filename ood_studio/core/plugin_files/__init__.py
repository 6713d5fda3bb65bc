"""Where plug-in files are imported from, as ``ood_studio.core.plugin_files.STEM``: worker processes find them too.

See `ood_studio.core.plugins`.
"""

import os
from pathlib import Path

_files = [file for file in os.environ.get("OOD_STUDIO_PLUGINS", "").split(os.pathsep) if file]
__path__ = [*__path__, *dict.fromkeys(str(Path(file).absolute().parent) for file in _files)]
