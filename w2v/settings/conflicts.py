"""Settings that cannot go with a vocabulary or with earlier vectors."""

from collections.abc import Callable, Mapping
from typing import Any

from w2v.base.errors import SettingsError


def refuse_together(
    settings: Mapping[str, Any],
    *,
    has_vocab: bool,
    has_init: bool,
    grow_vocab: bool,
    show: Callable[[str], str] = str,
) -> None:
    """Raise SettingsError for what cannot go with a vocabulary or with earlier vectors, or not without them.

    Args:
        settings: those that were given.
        has_vocab: whether vocab was given.
        has_init: whether init_from was given.
        grow_vocab: whether new words are to join.
        show: how a name is shown in the message.
    """
    if has_vocab:
        refuse_pruning(settings)
    if grow_vocab and not has_init:
        raise SettingsError(f"{show('grow_vocab')} has an effect only with {show('init_from')}, whose words it adds to")
    if has_init and has_vocab:
        raise SettingsError(f"{show('vocab')} cannot go with {show('init_from')}, which brings its own words")
    for name in ("dim", "max_vocab"):
        if has_init and name in settings:
            raise SettingsError(f"{show(name)} cannot go with {show('init_from')}, whose vectors it follows")


def refuse_pruning(settings: Mapping[str, Any]) -> None:
    """Raise SettingsError for a setting that cannot go with a given vocabulary."""
    for name in ("min_count", "max_vocab"):
        if name in settings:
            raise SettingsError(f"{name} cannot go with a vocabulary, which says itself what the words are")
