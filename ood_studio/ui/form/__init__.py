"""Forms from requests: boxes, values, links and schemas are derived from the parameters' only declarations."""

from ood_studio.ui.form.boxes import Box, Layout, Own, When
from ood_studio.ui.form.form import Form, finished
from ood_studio.ui.form.link import changes_of, query_of, read_query, request_of

__all__ = ["Box", "Form", "Layout", "Own", "When", "changes_of", "finished", "query_of", "read_query", "request_of"]
