"""What the plots of a report's page draw."""

import re
import xml.etree.ElementTree


def plots(page):
    """{title: the plot}, in the order of the page."""
    found = {}
    for text in re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL):
        svg = xml.etree.ElementTree.fromstring(text)
        found[svg.find("title").text] = svg
    return found


def points_of(path):
    """[(x, y)] of a line, which is not broken."""
    return [tuple(map(float, point.split())) for point in re.split("[ML]", path.get("d"))[1:]]


def check_drawn(svg):
    """Something is drawn, within the picture."""
    _, _, width, height = map(float, svg.get("viewBox").split())
    drawn = [point for path in svg.iter("path") for point in points_of(path)]
    drawn += [(float(dot.get("cx")), float(dot.get("cy"))) for dot in svg.iter("circle")]
    drawn += [(float(bar.get("x")), float(bar.get("y"))) for bar in svg.iter("rect")]
    assert drawn, svg.find("title").text
    assert all(0 <= x <= width and 0 <= y <= height for x, y in drawn)
