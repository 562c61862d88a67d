"""Which settings pytest runs with, found again once it knows the options of plugins.

pytest looks for its settings before it has loaded a plugin, and takes the value that follows an option it does not know
yet for a path to tests: with `--target /etc/staging.toml` it would look for them in /etc, find none, and collect by its
defaults whatever lies around. There is no public way to make it look again; where its inner names have changed, and where
settings of another project have been found already, it is told how to write the option so that nothing goes astray.
"""

from __future__ import annotations

import copy
import inspect
from typing import Any

import pytest
from _pytest.config.findpaths import determine_setup

__all__ = ["look_again"]


def look_again(config: pytest.Config, args: list[str]) -> None:
    """Let a configuration that is being made take its settings from where the paths to tests lead.

    Raises:
        pytest.UsageError: it has taken them from where the value of an option leads, and cannot be made to leave them.
    """
    inner: Any = config
    known: Any = inner.known_args_namespace
    # pytest 8 is not told of `-o`, gives no ignored files, and calls its settings by another name.
    more = (
        {"override_ini": known.override_ini} if "override_ini" in inspect.signature(determine_setup).parameters else {}
    )
    rootpath, inipath, settings, *ignored = determine_setup(
        **more,
        inifile=known.inifilename,
        args=known.file_or_dir,
        rootdir_cmd_arg=known.rootdir or None,
        invocation_dir=config.invocation_params.dir,
    )
    if (rootpath, inipath) == (config.rootpath, config.inipath):
        return
    kept_as = next((name for name in ("_inicfg", "inicfg") if name in vars(inner)), None)
    if config.inipath is not None or kept_as is None:
        found = config.inipath or "none"
        raise pytest.UsageError(
            f"the path that stands behind an option led pytest away from the settings it runs with here ({inipath or 'none'}, "
            f"not {found}): join option and path, such as --target=FILE, or name the path of the tests, too"
        )
    inner._rootpath, inner._inipath = rootpath, inipath
    inner._ignored_config_files = ignored[0] if ignored else []
    setattr(inner, kept_as, settings)
    inner._inicache.clear()
    args[:] = [*config.getini("addopts"), *args]
    config.pluginmanager.consider_preparse(args, exclude_only=True)
    inner.known_args_namespace = inner._parser.parse_known_args(args, namespace=copy.copy(config.option))
    if inner.known_args_namespace.confcutdir is None:
        inner.known_args_namespace.confcutdir = str(inipath.parent if inipath else rootpath)
