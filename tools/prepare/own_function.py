"""A person's own transform, `module:function`: found, hashed, and refused once it is not the one that was planned."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

import pyarrow as pa

from ferryman.domain.errors import Refused, Usage
from ferryman.domain.transforms import PythonFunction

Function = Callable[..., pa.Array]


def load(step: PythonFunction, folder: Path | None = None) -> Function:
    """The function, from the plan's folder (the working folder, unless told) where that has the module, else from
    `sys.path`.

    Raises Usage when there is none, and Refused when its source is not what the plan's hash says.
    """
    module, _, name = step.function.partition(":")
    function = getattr(_module(module, folder or Path.cwd(), step.function), name, None)
    if not callable(function):
        raise _unknown(step.function, f"{module} has no function {name}")
    if step.source_hash and source_hash(function) != step.source_hash:
        raise Refused(
            f"{step.function} is not the function that the plan was made with: its source has changed.",
            "Plan again with the new one, or put the old one back.",
        )
    found: Function = function
    return found


def source_hash(function: Callable[..., object]) -> str:
    """The SHA-256 of a function's source text, 64 hex digits."""
    return hashlib.sha256(inspect.getsource(function).encode()).hexdigest()


def _module(name: str, folder: Path, function: str) -> ModuleType:
    file = folder / f"{name.replace('.', '/')}.py"
    try:
        if not file.is_file():
            return importlib.import_module(name)
        spec = importlib.util.spec_from_file_location(name, file, loader=_FromSource(name, str(file)))
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module  # where inspect looks for the source
        spec.loader.exec_module(module)
        return module
    except ImportError as error:
        raise _unknown(function, f"{name} cannot be imported ({error})") from error


class _FromSource(SourceFileLoader):
    """Reads the source that was hashed: what was compiled of another of the same second and length passes for it."""

    def get_code(self, fullname: str) -> CodeType:
        """The module's code, compiled now."""
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code


def _unknown(function: str, why: str) -> Usage:
    return Usage(f"The plan calls {function}, and {why}.", "Put it where Ferryman is started, or on PYTHONPATH.")
