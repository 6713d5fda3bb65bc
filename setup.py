"""What pyproject.toml cannot say: ``assets/`` beside the package is ``ood_studio/assets`` in the installed one."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["ood_studio*"]), "ood_studio.assets"],
    package_dir={"ood_studio.assets": "assets"},
)
