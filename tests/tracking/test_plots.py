"""Pictures: files that open, of the right kind, for every shape of input."""

from __future__ import annotations

import itertools
import struct
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from gflowspec.tracking.plots import canvas, comparison, density
from gflowspec.tracking.plots.density import learned_versus_target


def png_size(path: Path) -> tuple[int, int]:
    content = path.read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def words(path: Path) -> str:
    """All text of an SVG, which stands in comments beside the glyphs."""
    text = path.read_text()
    ET.fromstring(text)
    return text


def test_a_grid_becomes_three_maps(tmp_path: Path) -> None:
    places = list(itertools.product(range(4), repeat=2))
    target = np.full(16, 1 / 16)
    path = tmp_path / "eval" / "a.svg"
    learned_versus_target(path, target=target, learned=target, coordinates=places, heading="run-1")
    for word in ("run-1", "total variation distance 0.0000, 16 objects", "R(x) / Z", "target"):
        assert word in words(path)
    assert words(path).count("total variation") == 1


def test_the_maps_show_each_value_at_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = []
    monkeypatch.setattr(canvas, "save", lambda made, _: shown.append(made))
    places = [(x, y) for x in range(2) for y in range(3)]
    target = np.arange(6) / 15
    learned_versus_target(Path("a.png"), target=target, learned=target[::-1], coordinates=places)
    left, middle, right = (axes.images[0] for axes in shown[0].axes[:3])
    for (x, y), wanted, found in zip(places, target, target[::-1], strict=True):
        assert left.get_array()[y, x] == wanted
        assert middle.get_array()[y, x] == found
        assert right.get_array()[y, x] == pytest.approx(found - wanted)
    assert left.get_clim() == middle.get_clim() == (0.0, 5 / 15)
    assert right.get_clim() == (-5 / 15, 5 / 15)


@pytest.mark.parametrize(
    ("count", "coordinates"),
    [
        (50, None),
        (50, [(i, 0) for i in range(50)]),  # a line
        (50, [(i, i) for i in range(50)]),  # a diagonal fills no grid
        (50, [(i, i, i) for i in range(50)]),
        (1, None),
        (5000, None),
    ],
)
def test_other_objects_become_curves(
    tmp_path: Path, count: int, coordinates: list[tuple[int, ...]] | None
) -> None:
    chance = np.random.default_rng(0)
    target = chance.dirichlet(np.ones(count))
    learned = np.where(chance.random(count) < 0.2, 0.0, target)
    path = tmp_path / "a.png"
    learned_versus_target(path, target=target, learned=learned, coordinates=coordinates, floor=1e-3)
    assert png_size(path)[0] > 1000


def test_many_objects_are_thinned_evenly_in_the_logarithm() -> None:
    shown = density._spread(10**6)
    assert len(shown) <= 2000
    assert (shown[0], shown[-1]) == (0, 10**6 - 1)
    assert list(shown[:20]) == list(range(20))


def test_lists_of_different_length_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="same length"):
        learned_versus_target(tmp_path / "a.png", target=[1.0], learned=[0.5, 0.5])
    with pytest.raises(ValueError, match="png or"):
        learned_versus_target(tmp_path / "a.jpg", target=[1.0], learned=[1.0])
    assert list(tmp_path.iterdir()) == []


def test_pictures_are_the_same_every_time(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        learned_versus_target(tmp_path / name, target=[0.5, 0.5], learned=[0.4, 0.6])
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


@pytest.mark.parametrize("length", [5, 40, 160])
@pytest.mark.parametrize("count", [1, 6, 14])
def test_a_legend_stays_within_its_picture(length: int, count: int) -> None:
    """Labels of settings can be long; a legend that is cut off says nothing."""
    made, (axes,) = comparison._frames(1, "heading", 3.1, share=True)
    for number in range(count):
        axes.plot([1, 2], [number, 2], label=f"{number} " + "x" * length)
    comparison.legend(made, dict(zip(*axes.get_legend_handles_labels()[::-1], strict=True)))
    made.draw_without_rendering()
    (shown,) = made.legends
    box, page = shown.get_window_extent(), made.bbox
    assert page.x0 <= box.x0 < box.x1 <= page.x1
    assert page.y0 <= box.y0 < box.y1 <= page.y1
    assert box.y1 <= axes.get_window_extent().y0
    assert axes.get_window_extent().height > 150
