"""A stylesheet that works out the looks of a widget's parts when they are drawn first."""

# ruff: noqa: SLF001 - Textual has no hook for it; its version is pinned

from __future__ import annotations

from textual.css.styles import RenderStyles
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode


class _Parts(dict[str, RenderStyles]):
    """The styles of a node's component classes: of those that somebody asked for."""

    def __init__(self, stylesheet: Stylesheet, node: DOMNode) -> None:
        super().__init__()
        self._stylesheet = stylesheet
        self._node = node

    def __contains__(self, name: object) -> bool:
        return name in self._node._get_component_classes()

    def __missing__(self, name: str) -> RenderStyles:
        part = DOMNode(classes=name)
        part._attach(self._node)
        self._stylesheet.apply(part)
        self[name] = part.styles
        return part.styles


class PartsOnDemand(Stylesheet):
    """Styles component classes when they are asked for.

    Textual styles all of them whenever it styles a widget. Of those of the panes and the
    bars, which are two nodes of three, a frame has a few.
    """

    def _process_component_classes(self, node: DOMNode) -> None:
        parts = node._component_styles
        if not isinstance(parts, _Parts):
            node._component_styles = _Parts(self, node)
            return
        drawn = dict(parts)
        parts.clear()
        if any(parts[name] != styles for name, styles in drawn.items()):
            node.refresh()
