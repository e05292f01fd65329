#pragma once
// Plots as inline SVG: no script, colours by the page's style sheet (classes s0 … s7, axis, grid).

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::evaluate {

/// Text that means itself in HTML, attributes included. Control characters become spaces.
std::string EscapeHtml(std::string_view text);

struct Range {
  double low = 0, high = 1;
};
/// Of all finite values, a little wider; [0, 1] when there are none.
Range RangeOf(std::span<const double> values);

/// A plot of lines and points over two axes.
class Plot {
 public:
  /// @param title  read out by screen readers.
  Plot(std::string title, std::string x_title, std::string y_title, Range x, Range y);

  /// Values that are not finite break the line.
  void Line(std::span<const double> x, std::span<const double> y, size_t series);
  /// From corner to corner of equal values: what chance, or a perfect model, would give.
  void Diagonal();
  void Points(std::span<const double> x, std::span<const double> y, size_t series);
  void Legend(std::vector<std::string> names);

  std::string Svg() const;

 private:
  double Left(double x) const;
  double Top(double y) const;
  void Axes();

  const std::string title_, x_title_, y_title_;
  const Range x_, y_;
  std::string body_;
  std::string legend_;
};

/// A named value with an interval around it; NaN ends are not drawn.
struct Bar {
  std::string name;
  double value = 0, low = 0, high = 0;
  std::string text;  // what is written beside it
};
/// Horizontal bars from zero, in the order given.
std::string BarsSvg(const std::string& title, std::span<const Bar> bars);
/// Dots with their intervals, in the order given.
std::string DotsSvg(const std::string& title, const std::string& x_title,
                    std::span<const Bar> bars);

}  // namespace slipway::evaluate
