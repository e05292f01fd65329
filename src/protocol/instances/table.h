#pragma once
// Tables (named or numbered columns, rows of cells) → a model's inputs. A column is an input of its
// own, or one of the features of the model's only [n,F] input.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/string_map.h"
#include "infer/request.h"
#include "infer/spec_finder.h"
#include "tensor/signature.h"
#include "text/json_reader.h"

namespace slipway::instances {

inline constexpr size_t kMaxColumns = size_t{1} << 20;

/// Collects rows and turns them into tensors. Every row has one cell for each column, in any order.
/// Errors: kBadRequest naming column and row (from 0); the table is then done. Memory: what the
/// tensors of the rows so far take, and one row.
class Table {
 public:
  /// @param signature, features  outlive the table. `features` names the columns of the only [n,F]
  /// input, empty when nothing does.
  Table(const Signature& signature, std::span<const std::string> features)
      : signature_(signature),
        features_(features),
        inputs_by_name_(signature.inputs),
        declared_(signature.columns) {}

  /// Decides where each column goes. Once, before the first row.
  /// - Columns that are called like inputs are these inputs.
  /// - Otherwise they are the columns of the model's only required input, found by the names of its
  ///   features; in the order given when it has none, or when the names are "0", "1", "2", …
  /// - Columns "0", "1", … of a model with as many required inputs are these, in its order.
  /// - Where the signature declares columns, they are found by name alone and others passed over.
  /// @return kBadRequest listing unknown, missing and repeated columns.
  Status SetColumns(std::vector<std::string> names);
  /// The same for columns without names. kBadRequest where the signature declares columns.
  Status SetWidth(size_t columns);

  size_t columns() const { return names_.size(); }
  std::string_view name(size_t column) const { return names_[column]; }
  /// The columns have names, and the model has none for its features: the order decided.
  bool went_by_order() const { return went_by_order_; }

  /// The column called `name`. @param likely  looked at first. kBadRequest for an unknown one.
  StatusOr<size_t> Find(std::string_view name, size_t likely) const;

  /// A column of this name is passed over, wherever it comes.
  bool PassesOver(std::string_view name);

  /// Reads one cell of the row that is being filled: a scalar, or a (nested) array when the
  /// column's input takes several elements a row.
  Status Put(size_t column, JsonReader& reader);
  /// The same from the text of a CSV cell.
  Status Put(size_t column, std::string_view text);

  /// The row is complete.
  Status EndRow();

  /// Appends the inputs to `request`. The table is then empty.
  Status Finish(InferRequest& request);

 private:
  /// One input being filled, row after row.
  struct Input {
    const TensorSpec* spec;
    Shape shape;       // of one row
    size_t width = 0;  // elements of one row
    std::string bytes = {};
    std::vector<std::string> texts = {};  // BYTES: the row being filled
  };
  /// Where the cells of a column go.
  struct Target {
    size_t input = 0;
    size_t offset = 0;  // first element within the row
    size_t width = 1;
    size_t filled_rows = 0;
    std::optional<ColumnSpec::Kind> kind = {};  // what it was declared as
    bool passed_over = false;
  };

  Status ByInput();
  Status ByFeature(const TensorSpec& input);
  Status InOrder(const std::vector<const TensorSpec*>& required);
  StatusOr<size_t> AddInput(const TensorSpec& spec);
  std::vector<const TensorSpec*> RequiredInputs() const;
  std::string Wanted() const;
  bool are_numbered() const;
  Status BeginCell(size_t column);
  std::optional<ColumnSpec::Kind> CastKind(const Target& target) const;
  Status ReadScalar(const Target& target, size_t element, JsonReader& reader);
  Status Locate(const Status& status, size_t column) const;

  const Signature& signature_;
  std::span<const std::string> features_;
  SpecFinder inputs_by_name_;
  ColumnFinder declared_;
  std::vector<std::string> names_;
  StringMap<size_t> by_name_;
  std::vector<Target> targets_;  // by column
  std::vector<Input> inputs_;
  bool went_by_order_ = false;
  size_t rows_ = 0;
  size_t cells_ = 0;   // of the row being filled
  size_t wanted_ = 0;  // cells that a row needs
};

}  // namespace slipway::instances
