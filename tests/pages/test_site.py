"""Pages of environments: complete, well formed, and in need of nothing else."""

import re
from html.parser import HTMLParser

import pytest
from texts import loaded
from texts import words as vocabulary

from gflowspec.compiler.front import check_library
from gflowspec.core import resources
from gflowspec.lang.spec import load
from gflowspec.pages.html import inline, prose, source
from gflowspec.pages.site import INDEX, pages, subjects

TEXT = """gfs 1.0
## Steps on a line, `x` of them.
##
## A second paragraph with <markup> & more.
environment Line(
  ## how far it goes
  n: int[1..9] = 3,
) {
  ## the place
  state { x: int[0..n] = 0  w: array[2] of int[0..1]? }
  ## One step.
  action step() when x < n { x += 1 }
  action write(p in index(w), v in 0..1) { w[p] := v }
  stop when x > 0
  invariant x <= n
  assume O8 because "rewards are <checked> elsewhere"
}
environment Short = Line(n = 2)
## How far it got.
reward Far(ground: real(0..) = 1) for Line { R = ground + x }
reward Near for Line { R = 1 }
experiment train_it { environment = Short() reward = Far() objective = tb() }
""".replace("reward Near for", "reward Near() for")


class Reader(HTMLParser):
    """Checks that tags are closed in order, and keeps text, links and what is loaded."""

    VOID = ("meta", "br", "rect", "path", "polyline")

    def __init__(self, text):
        super().__init__()
        self.open, self.words, self.links, self.loaded, self.ids = [], [], [], [], []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.links += [found["href"]] if "href" in found else []
        self.ids += [found["id"]] if "id" in found else []
        self.loaded += [found[key] for key in ("src", "xlink:href", "data") if key in found]
        if tag in ("script", "link", "iframe", "img"):
            self.loaded.append(tag)
        if tag == "br":
            self.words.append("\n")
        elif tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        del attrs
        assert tag in self.VOID

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        if tag not in ("a", "code", "span"):
            self.words.append("\n")

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join("".join(self.words).split())


def site(text):
    spec, found = loaded(text)
    checked, more = check_library(spec, known=found)
    assert not [item for item in (*found, *more) if item.is_error]
    return pages((spec.root.span.file.name, item) for item in subjects(spec, checked))


@pytest.fixture(scope="module")
def made():
    return site(TEXT)


@pytest.fixture(scope="module")
def line(made):
    return Reader(made["text.Line.html"])


def test_there_is_a_page_for_each_environment_and_an_index(made):
    assert list(made) == [INDEX, "text.Line.html"]
    index = Reader(made[INDEX])
    assert index.links == ["text.Line.html"]
    assert "Line Steps on a line, x of them. proved text.gfs" in index.text


def test_pages_need_nothing_else(made):
    for text in made.values():
        found = Reader(text)
        assert not found.loaded
        assert all(link in made for link in found.links)
        assert "url(" not in text
        assert "@import" not in text


def test_what_is_declared_is_shown(line):
    for words in (
        "A second paragraph with <markup> & more.",
        "n int[1..9] 3 how far it goes",
        "x int[0..n] here int[0..3] 0",
        "w array[2] of int[0..1]? empty everywhere",
        "One step.",
        "x <= 3",
        "Far How far it got.",
        "ground real(0..) 1",
        "R = ground + x",
        "train_it",
        "a trajectory may stop when x > 0",
        "O8: rewards are <checked> elsewhere",
    ):
        assert words in line.text, words
    assert line.ids == ["step", "write", "Far", "Near"]


def test_what_is_derived_is_shown(line):
    for words in (
        "legal forwards x < 3 legal backwards x > 0 undone by x = x - 1",
        "legal forwards w[p] == empty legal backwards w[p] != empty undone by w[p] = empty "
        "a backward action names p and reads off the child v = w[p]",
    ):
        assert words in line.text, words


def test_what_is_proved_and_counted_is_shown(line):
    assert "O2 no trajectory is endless proved rank" in line.text
    assert "O8 rewards are positive and finite proved bounds of R" in line.text
    # 4 places, and two slots of two values: 4 * 9 states, of which x > 0 may stop
    for words in ("states 36", "states in which a trajectory may end 27", "longest trajectory 5"):
        assert words in line.text
    assert "36 states, 75 edges, 27 terminating" in line.text
    assert re.search(r"env:1/[0-9a-f]{64}", line.text)


def test_pages_of_equal_names_do_not_overwrite_each_other():
    spec, found = loaded(TEXT)
    checked, _ = check_library(spec, known=found)
    twice = [("a/text.gfs", item) for item in subjects(spec, checked)] * 2
    assert list(pages(twice)) == [INDEX, "text.Line.html", "text.Line-2.html"]


def test_an_empty_site_says_so():
    assert "No environment is declared here." in pages([])[INDEX]


def test_a_large_environment_has_no_picture_but_a_page():
    text = TEXT.replace("int[1..9] = 3", "int[1..90_000] = 80_000").replace("Line(n = 2)", "Line()")
    page = Reader(site(text)["text.Line.html"])
    assert "More than 20,000 states: it is not drawn." in page.text
    assert "states 720,009" in page.text


@pytest.mark.parametrize("name", ["hypergrid", "permutations"])
def test_pages_of_the_library(name):
    path = resources.std_directory() / f"{name}.gfs"
    spec, _ = load(str(path), (), vocabulary())
    checked, _ = check_library(spec)
    found = pages((str(path), item) for item in subjects(spec, checked))
    assert len(found) == 1 + len(spec.environments)
    for text in found.values():
        assert str(path.parent) not in text
        Reader(text)


def test_documentation_becomes_paragraphs_and_code():
    assert prose("one\ntwo\n\nthree") == "<p>one\ntwo</p>\n<p>three</p>"
    assert inline("a `b < c` d") == "a <code>b &lt; c</code> d"
    assert inline("a ` b") == "a ` b"
    assert prose("") == ""


def test_source_is_coloured_and_otherwise_unchanged():
    text = 'action a(i in 0..2) when x < 3 { x += 1 }  # "note"\n'
    found = source(text)
    assert "".join(Reader(found).words) == f"{text}\n"
    assert '<span class="k">action</span>' in found
    assert '<span class="c"># &quot;note&quot;</span>' in found
