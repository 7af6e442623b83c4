"""Puts the widgets of a screen together, at the cost of what has changed.

Textual's own asks every widget on the screen for all its lines when one line of one of
them is to be drawn again, which was a third of what a key cost.
"""

from __future__ import annotations

from collections.abc import Iterable

from textual._compositor import Compositor
from textual.geometry import Region
from textual.strip import Strip


class LeanCompositor(Compositor):
    """Asks only widgets that lie where something has changed, and for those lines."""

    def _get_renders(
        self, crop: Region | None = None
    ) -> Iterable[tuple[Region, Region, list[Strip]]]:
        changed = self.size.region if crop is None else crop
        # Widgets give whole lines; where they are cut is the caller's business.
        lines = Region(0, changed.y, self.size.width, changed.height)
        for widget, (region, clip) in self.visible_widgets.items():  # from the front
            seen = region.intersection(clip)
            if seen.overlaps(changed):
                part = seen.intersection(lines)
                yield region, part, widget.render_lines(part.translate(-region.offset))
                if seen.contains_region(changed):
                    return  # nothing behind it is to be seen there
