#pragma once
// The attributes of one fitted estimator, read with checks.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "import/pickle/value.h"
#include "import/sklearn/labels.h"
#include "tensor/shape.h"

namespace slipway::importing::sklearn {

/// Bytes that one import may still read: what a file shares is read again for each use.
class Budget {
 public:
  explicit Budget(size_t bytes) : bytes_(bytes), left_(bytes) {}
  /// kTooLarge when fewer are left.
  Status Charge(size_t bytes);

 private:
  size_t bytes_;
  size_t left_;
};

/// An array of numbers, in C order.
struct Dense {
  Shape shape;
  std::vector<double> values;

  int64_t rows() const { return shape.empty() ? 1 : shape[0]; }
  int64_t columns() const { return shape.size() < 2 ? 1 : shape[1]; }
};

/// A view of an estimator in a pickle::Document. Messages begin with the class's name and, when it
/// stands inside another, its place: "LogisticRegression (steps[1]): coef_: expected …". Attributes
/// may hold a Python value or a numpy scalar. Sizes of -1 take anything.
/// Threads: one at a time.
class State {
 public:
  /// @param place  where it stands in its parent; "" for the root.
  /// @return kBadModel unless `value` is an object whose state is a dict or nothing.
  static StatusOr<State> Of(const pickle::Value& value, std::string place, Budget* budget);

  const pickle::Value& value() const { return value_; }
  std::string_view module() const { return value_.module(); }
  std::string_view name() const { return value_.name(); }
  const std::string& place() const { return place_; }
  /// "LogisticRegression (steps[1])", as messages begin.
  std::string Title() const;

  /// Whether the attribute is there and not None.
  bool Has(std::string_view key) const { return Find(key).has_value(); }
  std::optional<pickle::Value> Find(std::string_view key) const;
  StatusOr<pickle::Value> Get(std::string_view key) const;
  /// A list or tuple.
  StatusOr<pickle::Value> List(std::string_view key) const;

  StatusOr<double> Number(std::string_view key) const;
  StatusOr<int64_t> Integer(std::string_view key) const;
  StatusOr<std::string> Text(std::string_view key) const;
  /// `otherwise` when the attribute is absent or None.
  StatusOr<double> NumberOr(std::string_view key, double otherwise) const;
  StatusOr<int64_t> IntegerOr(std::string_view key, int64_t otherwise) const;
  StatusOr<bool> BoolOr(std::string_view key, bool otherwise) const;
  StatusOr<std::string> TextOr(std::string_view key, std::string_view otherwise) const;

  /// A str, bytes or bytearray, as it lies in the document.
  StatusOr<std::string_view> Bytes(std::string_view key) const;

  /// An array of numbers whose shape is `expected`; of scipy.sparse, matrices in rows (csr) or
  /// columns (csc), filled up with zeros.
  StatusOr<Dense> Array(std::string_view key, const Shape& expected) const;
  /// [count]
  StatusOr<std::vector<double>> Vector(std::string_view key, int64_t count = -1) const;
  StatusOr<std::vector<int64_t>> Integers(std::string_view key, int64_t count = -1) const;
  /// [rows, columns]; [columns] is one row.
  StatusOr<Dense> Rows(std::string_view key, int64_t rows, int64_t columns) const;
  /// A number, or [count] of them: always `count` values.
  StatusOr<std::vector<double>> Broadcast(std::string_view key, int64_t count) const;
  /// Class labels or categories.
  StatusOr<Labels> LabelArray(std::string_view key) const;
  /// Those of several targets: a list of such arrays, at least one.
  StatusOr<std::vector<Labels>> LabelArrays(std::string_view key) const;
  /// Whether the attribute is a list or tuple, as classes_ of several targets is.
  bool IsList(std::string_view key) const;

  /// The estimator in an attribute, and one that stands in a list of this one, at `place`.
  StatusOr<State> Nested(std::string_view key) const;
  StatusOr<State> NestedAt(const pickle::Value& value, std::string_view place) const;

  /// The same readings of values that stand deeper; `what` names them in messages.
  StatusOr<Dense> ArrayAt(const pickle::Value& value, std::string_view what,
                          const Shape& expected) const;
  StatusOr<std::vector<int64_t>> IntegersAt(const pickle::Value& value, std::string_view what,
                                            int64_t count = -1) const;
  StatusOr<Labels> LabelsAt(const pickle::Value& value, std::string_view what) const;

  /// Takes `bytes` from what may be read, before memory is asked for: kTooLarge.
  Status Charge(size_t bytes, std::string_view what) const;

  /// "<title>: what: expected …, got …"
  Status Expected(std::string_view what, std::string_view expected, std::string_view got) const;
  /// kBadModel, kUnsupported: "<title>: <complaint>"
  template <typename... Args>
  Status Bad(fmt::format_string<Args...> format, Args&&... args) const {
    return Complain(Reason::kBadModel, fmt::format(format, std::forward<Args>(args)...));
  }
  template <typename... Args>
  Status Unsupported(fmt::format_string<Args...> format, Args&&... args) const {
    return Complain(Reason::kUnsupported, fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  State(const pickle::Value& value, std::string place, Budget* budget)
      : value_(value), place_(std::move(place)), budget_(budget) {}
  StatusOr<Dense> FromSparse(const pickle::Value& matrix, std::string_view what,
                             const Shape& expected) const;
  Status Complain(Reason reason, std::string_view complaint) const;

  pickle::Value value_;
  std::string place_;
  Budget* budget_;
};

/// A bool, number or numpy scalar as a double; nullopt for anything else.
std::optional<double> AsNumber(const pickle::Value& value);
/// The same when it is a whole number up to 2^53.
std::optional<int64_t> AsInteger(const pickle::Value& value);
/// A str or numpy string scalar; nullopt for anything else.
std::optional<std::string> AsText(const pickle::Value& value);
/// "a number array [2,30]", "a dict", "an instance of Pipeline": what messages say was got.
std::string Describe(const pickle::Value& value);

}  // namespace slipway::importing::sklearn
