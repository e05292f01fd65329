#include "evaluate/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace slipway::evaluate {
namespace {

// Of a plot, in the units of its view box.
constexpr double kWidth = 480, kHeight = 340;
constexpr double kMarginLeft = 62, kMarginRight = 14, kMarginTop = 12, kMarginBottom = 46;
// Of bars: a row each.
constexpr double kRowHeight = 24, kNameWidth = 170, kTextWidth = 90, kBarsWidth = 640;
constexpr size_t kMaxName = 26;
constexpr size_t kSeries = 8;

/// About `count` round numbers in the range.
std::vector<double> Ticks(Range range, int count) {
  const double rough = (range.high - range.low) / count;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = power;
  for (const double factor : {2.0, 5.0, 10.0})
    if (step < rough) step = factor * power;
  std::vector<double> ticks;
  for (double tick = std::ceil(range.low / step); tick * step <= range.high + step * 1e-9; ++tick)
    ticks.push_back(tick * step);
  return ticks;
}

std::string TickText(double tick) {
  return fmt::format("{:.4g}", std::abs(tick) < 1e-12 ? 0 : tick);
}

std::string Open(const std::string& title, double width, double height) {
  return fmt::format(
      "<svg role=\"img\" viewBox=\"0 0 {:g} {:g}\" preserveAspectRatio=\"xMinYMin meet\">"
      "<title>{}</title>",
      width, height, EscapeHtml(title));
}

std::string Text(double x, double y, std::string_view anchor, std::string_view text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>", x, y, anchor,
                     EscapeHtml(text));
}

std::string GridLine(double x1, double y1, double x2, double y2) {
  return fmt::format(
      "<line class=\"grid\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>", x1, y1, x2,
      y2);
}

/// Whole code points, at most kMaxName of them.
std::string Shortened(const std::string& name) {
  size_t points = 0;
  for (size_t i = 0; i < name.size(); ++i) {
    if ((name[i] & 0xC0) == 0x80) continue;
    if (++points > kMaxName) return name.substr(0, i) + "…";
  }
  return name;
}

/// Of the values and what stands around them.
Range RangeOfBars(std::span<const Bar> bars) {
  std::vector<double> values;
  for (const Bar& bar : bars) values.insert(values.end(), {bar.value, bar.low, bar.high});
  return RangeOf(values);
}

}  // namespace

std::string EscapeHtml(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
    }
  }
  return escaped;
}

Range RangeOf(std::span<const double> values) {
  double low = INFINITY, high = -INFINITY;
  for (const double value : values) {
    // What is wider than doubles tell apart cannot be drawn.
    if (!(std::abs(value) < 1e300)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  if (low > high) return {0, 1};
  const double margin = high > low ? (high - low) * 0.04 : std::max(std::abs(low) * 0.1, 1e-9);
  return {low - margin, high + margin};
}

Plot::Plot(std::string title, std::string x_title, std::string y_title, Range x, Range y)
    : title_(std::move(title)),
      x_title_(std::move(x_title)),
      y_title_(std::move(y_title)),
      x_(x),
      y_(y) {
  Axes();
}

double Plot::Left(double x) const {
  return kMarginLeft + (x - x_.low) / (x_.high - x_.low) * (kWidth - kMarginLeft - kMarginRight);
}

double Plot::Top(double y) const {
  return kHeight - kMarginBottom -
         (y - y_.low) / (y_.high - y_.low) * (kHeight - kMarginTop - kMarginBottom);
}

void Plot::Axes() {
  for (const double tick : Ticks(x_, 6)) {
    body_ += GridLine(Left(tick), kMarginTop, Left(tick), kHeight - kMarginBottom);
    body_ += Text(Left(tick), kHeight - kMarginBottom + 15, "middle", TickText(tick));
  }
  for (const double tick : Ticks(y_, 5)) {
    body_ += GridLine(kMarginLeft, Top(tick), kWidth - kMarginRight, Top(tick));
    body_ += Text(kMarginLeft - 6, Top(tick) + 4, "end", TickText(tick));
  }
  body_ += Text((kMarginLeft + kWidth - kMarginRight) / 2, kHeight - 10, "middle", x_title_);
  body_ += fmt::format(
      "<text transform=\"translate(13 {:.1f}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
      (kMarginTop + kHeight - kMarginBottom) / 2, EscapeHtml(y_title_));
}

void Plot::Line(std::span<const double> x, std::span<const double> y, size_t series) {
  std::string path;
  bool drawing = false;
  for (size_t i = 0; i < x.size(); ++i) {
    if (!std::isfinite(x[i]) || !std::isfinite(y[i])) {
      drawing = false;
      continue;
    }
    path += fmt::format("{}{:.1f} {:.1f}", drawing ? 'L' : 'M', Left(x[i]), Top(y[i]));
    drawing = true;
  }
  body_ += fmt::format("<path class=\"line s{}\" d=\"{}\"/>", series % kSeries, path);
}

void Plot::Diagonal() {
  const double low = std::max(x_.low, y_.low), high = std::min(x_.high, y_.high);
  if (low >= high) return;
  body_ += fmt::format(
      "<line class=\"diagonal\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>",
      Left(low), Top(low), Left(high), Top(high));
}

void Plot::Points(std::span<const double> x, std::span<const double> y, size_t series) {
  body_ += fmt::format("<g class=\"points s{}\">", series % kSeries);
  for (size_t i = 0; i < x.size(); ++i)
    if (std::isfinite(x[i]) && std::isfinite(y[i]))
      body_ +=
          fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2.5\"/>", Left(x[i]), Top(y[i]));
  body_ += "</g>";
}

void Plot::Legend(std::vector<std::string> names) {
  legend_ = "<ul class=\"legend\">";
  for (size_t i = 0; i < names.size(); ++i)
    legend_ += fmt::format("<li><span class=\"key s{}\"></span>{}</li>", i % kSeries,
                           EscapeHtml(names[i]));
  legend_ += "</ul>";
}

std::string Plot::Svg() const { return Open(title_, kWidth, kHeight) + body_ + "</svg>" + legend_; }

std::string BarsSvg(const std::string& title, std::span<const Bar> bars) {
  double low = 0, high = 0;
  for (const Bar& bar : bars) {
    if (!std::isfinite(bar.value)) continue;
    low = std::min(low, bar.value);
    high = std::max(high, bar.value);
  }
  const double scale = (kBarsWidth - kNameWidth - kTextWidth) / std::max(high - low, 1e-300);
  const double zero = kNameWidth - low * scale;
  std::string svg = Open(title, kBarsWidth, kRowHeight * static_cast<double>(bars.size()) + 4);
  for (size_t i = 0; i < bars.size(); ++i) {
    const double top = kRowHeight * static_cast<double>(i) + 4;
    const double value = std::isfinite(bars[i].value) ? bars[i].value : 0;
    svg += Text(kNameWidth - 8, top + 13, "end", Shortened(bars[i].name));
    svg += fmt::format(
        "<rect class=\"bar\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"16\" rx=\"2\"/>",
        zero + std::min(value, 0.0) * scale, top, std::max(std::abs(value) * scale, 1.0));
    svg += Text(zero + std::max(value, 0.0) * scale + 6, top + 13, "start", bars[i].text);
  }
  return svg + "</svg>";
}

std::string DotsSvg(const std::string& title, const std::string& x_title,
                    std::span<const Bar> bars) {
  const Range range = RangeOfBars(bars);
  const double bottom = kRowHeight * static_cast<double>(bars.size()) + 6;
  const auto left = [&](double value) {
    return kNameWidth +
           (value - range.low) / (range.high - range.low) * (kBarsWidth - kNameWidth - kTextWidth);
  };
  std::string svg = Open(title, kBarsWidth, bottom + 40);
  for (const double tick : Ticks(range, 6)) {
    svg += GridLine(left(tick), 0, left(tick), bottom);
    svg += Text(left(tick), bottom + 15, "middle", TickText(tick));
  }
  svg += Text((kNameWidth + kBarsWidth - kTextWidth) / 2, bottom + 34, "middle", x_title);
  for (size_t i = 0; i < bars.size(); ++i) {
    const Bar& bar = bars[i];
    const double middle = kRowHeight * (static_cast<double>(i) + 0.5) + 2;
    svg += Text(kNameWidth - 8, middle + 4, "end", Shortened(bar.name));
    if (!std::isfinite(bar.value)) continue;
    if (std::isfinite(bar.low) && std::isfinite(bar.high))
      svg += fmt::format(
          "<line class=\"interval\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>",
          left(bar.low), middle, left(bar.high), middle);
    svg += fmt::format("<circle class=\"dot\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4.5\"/>",
                       left(bar.value), middle);
    svg += Text(kBarsWidth - kTextWidth + 8, middle + 4, "start", bar.text);
  }
  return svg + "</svg>";
}

}  // namespace slipway::evaluate
