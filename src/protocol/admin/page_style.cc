#include "protocol/admin/page_style.h"

namespace slipway::admin {

const std::string_view kPageStyle = R"css(
:root {
  color-scheme: light dark;
  --ground: #f6f7f8; --card: #ffffff; --text: #1b2127; --quiet: #5b6672; --line: #e1e5e9;
  --accent: #0b6bcb; --code: #f1f3f5;
  --good: #17713a; --good-ground: #e3f4e8; --busy: #8a5a00; --busy-ground: #fdf1d6;
  --bad: #b3261e; --bad-ground: #fcebea;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", "JetBrains Mono", "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #111519; --card: #191e24; --text: #e6e9ec; --quiet: #98a3ae; --line: #2b323a;
    --accent: #6cb2ff; --code: #12171c;
    --good: #79d597; --good-ground: #17311f; --busy: #f0c265; --busy-ground: #352a10;
    --bad: #ff9a92; --bad-ground: #3a1a18;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
.page { max-width: 62rem; margin: 0 auto; padding: 0 1.25rem 4rem; }
header { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1rem; padding: 1.5rem 0 1.25rem; }
header h1 {
  margin: 0; font-size: 1.25rem; letter-spacing: -.01em; display: flex; align-items: center; gap: .55rem;
}
header svg { width: 1.35rem; height: 1.35rem; fill: var(--accent); }
header .about { color: var(--quiet); font-size: .875rem; }
header nav { margin-left: auto; display: flex; gap: 1.25rem; }
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
.summary { color: var(--quiet); margin: 0 0 .75rem; font-size: .875rem; }
.model {
  background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  margin: 0 0 1rem; padding: 1.1rem 1.25rem 1.25rem; overflow-wrap: anywhere;
}
.model h2 { margin: 0; font-size: 1.0625rem; font-family: var(--mono); font-weight: 600; }
.model > .description { margin: .25rem 0 0; color: var(--quiet); }
.version { margin-top: .9rem; padding-top: .9rem; border-top: 1px solid var(--line); }
.line { display: flex; flex-wrap: wrap; align-items: center; gap: .4rem .6rem; }
.line h3 { margin: 0; font-size: .9375rem; font-weight: 600; }
.quiet { color: var(--quiet); font-size: .8125rem; }
.push { margin-left: auto; }
.chip {
  padding: .05rem .55rem; border-radius: 999px; font-size: .75rem; font-weight: 600;
  border: 1px solid var(--line); color: var(--quiet);
}
.good { color: var(--good); background: var(--good-ground); border-color: transparent; }
.busy { color: var(--busy); background: var(--busy-ground); border-color: transparent; }
.bad { color: var(--bad); background: var(--bad-ground); border-color: transparent; }
.reason {
  margin: .6rem 0 0; padding: .55rem .8rem; border-radius: 6px; white-space: pre-wrap;
  color: var(--bad); background: var(--bad-ground); font-size: .875rem;
}
table { width: 100%; border-collapse: collapse; margin: .7rem 0 0; font-size: .875rem; }
th, td { text-align: left; vertical-align: top; padding: .28rem .9rem .28rem 0; }
th { color: var(--quiet); font-weight: 500; font-size: .75rem; border-bottom: 1px solid var(--line); }
td { font-family: var(--mono); font-size: .8125rem; }
th, td:nth-child(1), td:nth-child(3) { white-space: nowrap; }
td.kind { font-family: inherit; color: var(--quiet); }
@media (min-width: 40rem) {
  table { table-layout: fixed; }
  th:nth-child(1) { width: 4.5rem; }
  th:nth-child(3) { width: 6rem; }
  th:nth-child(4) { width: 11rem; }
}
pre {
  margin: .8rem 0 0; padding: .75rem .9rem; max-height: 14rem; overflow: auto; background: var(--code);
  border: 1px solid var(--line); border-radius: 6px; font: .8125rem/1.55 var(--mono);
  white-space: pre-wrap; overflow-wrap: anywhere;
}
pre code { font: inherit; user-select: all; }
details > summary { cursor: pointer; color: var(--quiet); font-size: .8125rem; margin-top: .7rem; }
.empty { text-align: center; padding: 3rem 1rem; color: var(--quiet); }
@media (max-width: 40rem) {
  td:nth-child(4) { overflow-wrap: normal; }
  header nav, .push { margin-left: 0; }
  .push { flex-basis: 100%; }
  .page { padding: 0 .75rem 3rem; }
}
)css";

}  // namespace slipway::admin
