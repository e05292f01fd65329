#pragma once
#include <string_view>

namespace slipway::evaluate {

/// The style sheet of the report's page: light, dark and print.
inline constexpr std::string_view kReportStyle = R"css(
:root{--back:#fff;--text:#1b1f24;--soft:#59636e;--rule:#d1d9e0;--accent:#0969da;--good:#1a7f37;--bad:#cf222e;
--s0:#0969da;--s1:#bc4c00;--s2:#1a7f37;--s3:#8250df;--s4:#bf3989;--s5:#9a6700;--s6:#1b7c83;--s7:#57606a}
@media (prefers-color-scheme:dark){:root{--back:#0d1117;--text:#e6edf3;--soft:#9198a1;--rule:#3d444d;--accent:#4493f8;
--good:#3fb950;--bad:#f85149;--s0:#4493f8;--s1:#f0883e;--s2:#3fb950;--s3:#ab7df8;--s4:#f778ba;--s5:#d29922;--s6:#39c5cf;--s7:#9198a1}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--text);font:15px/1.5 system-ui,sans-serif}
main{max-width:1040px;margin:0 auto;padding:24px 20px 64px}
h1{font-size:24px;overflow-wrap:anywhere}h2{font-size:19px;margin:36px 0 12px;border-bottom:1px solid var(--rule);padding-bottom:4px}
section{display:flow-root}
figure{display:inline-block;vertical-align:top;width:100%;max-width:480px;margin:0 12px 20px 0}
figure:has(.bar),figure:has(.dot){max-width:720px}
figcaption{font-weight:600;margin-bottom:6px}
svg{width:100%;height:auto;font-size:11.5px}
svg text{fill:var(--soft)}
.grid{stroke:var(--rule);stroke-width:.7}
.diagonal{stroke:var(--soft);stroke-width:1;stroke-dasharray:4 4}
.line{fill:none;stroke-width:2}
.points{stroke:none;fill-opacity:.65}
.bar,.dot{fill:var(--accent)}.interval{stroke:var(--accent);stroke-width:2}
.s0{--c:var(--s0)}.s1{--c:var(--s1)}.s2{--c:var(--s2)}.s3{--c:var(--s3)}
.s4{--c:var(--s4)}.s5{--c:var(--s5)}.s6{--c:var(--s6)}.s7{--c:var(--s7)}
.line{stroke:var(--c)}.points{fill:var(--c)}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:2px 16px;margin:4px 0;padding:0;font-size:13px}
.key{display:inline-block;width:14px;height:4px;border-radius:2px;margin-right:6px;vertical-align:middle;background:var(--c)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;margin:8px 0 14px;font-size:13.5px;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--soft);padding-bottom:4px}
th,td{padding:4px 10px;border-bottom:1px solid var(--rule);text-align:left;vertical-align:top}
td.n{text-align:right}td.n,td.n+td{white-space:nowrap}
th[scope=row]{font-weight:500;overflow-wrap:break-word}
.matrix td{text-align:right;background:color-mix(in srgb,var(--accent) calc(var(--share)*55%),transparent)}
.matrix td.wrong{background:color-mix(in srgb,var(--bad) calc(var(--share)*55%),transparent)}
.passed{color:var(--good);font-weight:600}.failed{color:var(--bad);font-weight:600}
.verdict{font-size:18px}
details{font-size:13px}summary{cursor:pointer;color:var(--soft)}
small{color:var(--soft)}
@media print{details{display:none}}
)css";

}  // namespace slipway::evaluate
