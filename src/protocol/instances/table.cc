#include "protocol/instances/table.h"

#include <algorithm>
#include <utility>

#include "protocol/instances/cell.h"
#include "text/number_array.h"

namespace slipway::instances {
namespace {

constexpr size_t kListed = 20;      // names in a message
constexpr size_t kQuotedName = 60;  // bytes of a name in a message

/// `"a", "b" and 3 more`; names from clients may be long and many.
class NameList {
 public:
  void Add(std::string_view name) {
    if (++count_ > kListed) return;
    if (count_ > 1) text_ += ", ";
    text_ += fmt::format("\"{}\"", name.substr(0, kQuotedName));
  }
  bool empty() const { return count_ == 0; }
  std::string str() const {
    return count_ <= kListed ? text_ : fmt::format("{} and {} more", text_, count_ - kListed);
  }

 private:
  std::string text_;
  size_t count_ = 0;
};

/// "unknown columns "x"; missing columns "y", "z"", the parts that apply.
Status Mismatch(const NameList& unknown, const NameList& missing, std::string_view wanted) {
  std::string complaint;
  if (!unknown.empty()) complaint = "unknown columns " + unknown.str();
  if (!missing.empty())
    complaint += (complaint.empty() ? "" : "; ") + ("missing columns " + missing.str());
  return Error(Reason::kBadRequest, "{}; the model takes {}", complaint, wanted);
}

}  // namespace

std::vector<const TensorSpec*> Table::RequiredInputs() const {
  std::vector<const TensorSpec*> required;
  for (const TensorSpec& input : signature_.inputs)
    if (!input.optional) required.push_back(&input);
  return required;
}

/// The columns that the model takes, for messages.
std::string Table::Wanted() const {
  NameList names;
  if (!features_.empty() && RequiredInputs().size() == 1)
    for (const std::string& feature : features_) names.Add(feature);
  else
    for (const TensorSpec& input : signature_.inputs) names.Add(input.name);
  return names.str();
}

/// Whether the columns are called by their positions, as data frames without names do. Declared
/// columns are found by name alone.
bool Table::are_numbered() const {
  if (!signature_.columns.empty()) return false;
  for (size_t i = 0; i < names_.size(); ++i)
    if (names_[i] != std::to_string(i)) return false;
  return true;
}

bool Table::PassesOver(std::string_view name) {
  return !signature_.columns.empty() && !declared_.Find(name);
}

Status Table::SetWidth(size_t columns) {
  if (columns > kMaxColumns)
    return Error(Reason::kBadRequest, "expected at most {} columns, got {}", kMaxColumns, columns);
  std::vector<std::string> names;
  for (size_t i = 0; i < columns; ++i) names.push_back(std::to_string(i));
  return SetColumns(std::move(names));
}

Status Table::SetColumns(std::vector<std::string> names) {
  if (names.empty() || names.size() > kMaxColumns)
    return Error(Reason::kBadRequest, "expected 1 to {} columns, got {}", kMaxColumns,
                 names.size());
  names_ = std::move(names);
  NameList repeated;
  for (size_t i = 0; i < names_.size(); ++i)
    if (!by_name_.try_emplace(names_[i], i).second) repeated.Add(names_[i]);
  if (!repeated.empty())
    return Error(Reason::kBadRequest, "columns {} occur twice", repeated.str());

  const auto required = RequiredInputs();
  const auto is_input = [&](const std::string& name) {
    return inputs_by_name_.Find(name).has_value();
  };
  const bool are_inputs = std::ranges::any_of(names_, is_input) &&
                          std::ranges::all_of(names_, [&](const std::string& name) {
                            return is_input(name) || PassesOver(name);
                          });
  const auto place = [&]() -> Status {
    if (are_inputs) return ByInput();
    if (required.size() == 1) return ByFeature(*required.front());
    if (are_numbered() && names_.size() == required.size()) return InOrder(required);
    return ByInput();  // refuses by name
  };
  RETURN_IF_ERROR(place());
  for (size_t i = 0; i < names_.size(); ++i)
    if (const auto declared = declared_.Find(names_[i]))
      targets_[i].kind = signature_.columns[*declared].kind;
  wanted_ = static_cast<size_t>(std::ranges::count(targets_, false, &Target::passed_over));
  return OkStatus();
}

Status Table::ByInput() {
  NameList unknown, missing;
  for (const std::string& name : names_)
    if (!inputs_by_name_.Find(name) && !PassesOver(name)) unknown.Add(name);
  for (const TensorSpec* input : RequiredInputs())
    if (!by_name_.contains(input->name)) missing.Add(input->name);
  if (!unknown.empty() || !missing.empty()) return Mismatch(unknown, missing, Wanted());
  for (const std::string& name : names_) {
    const auto index = inputs_by_name_.Find(name);
    if (!index) {
      targets_.push_back({.passed_over = true});
      continue;
    }
    const TensorSpec& spec = signature_.inputs[*index];
    ASSIGN_OR_RETURN(const size_t input, AddInput(spec));
    targets_.push_back({.input = input, .width = inputs_[input].width});
  }
  return OkStatus();
}

Status Table::InOrder(const std::vector<const TensorSpec*>& required) {
  for (const TensorSpec* spec : required) {
    ASSIGN_OR_RETURN(const size_t input, AddInput(*spec));
    targets_.push_back({.input = input, .width = inputs_[input].width});
  }
  return OkStatus();
}

Status Table::ByFeature(const TensorSpec& input) {
  const size_t rank = input.any_rank ? 2 : input.shape.size();
  if (rank != 1 && rank != 2)
    return Error(Reason::kBadRequest, "columns do not fit input \"{}\": expected {}", input.name,
                 ToString(input.dtype, input.shape));
  const bool open = input.any_rank || (rank == 2 && input.shape[1] < 0);
  const size_t wanted = open ? names_.size() : rank == 2 ? static_cast<size_t>(input.shape[1]) : 1;
  const bool declared = !features_.empty() && (open || features_.size() == wanted);
  if (declared && !are_numbered()) {
    StringMap<size_t> offsets;
    for (size_t i = 0; i < features_.size(); ++i) offsets.emplace(features_[i], i);
    NameList unknown, missing;
    for (const std::string& name : names_) {
      const auto offset = offsets.find(name);
      if (offset != offsets.end())
        targets_.push_back({.offset = offset->second});
      else if (PassesOver(name))
        targets_.push_back({.passed_over = true});
      else
        unknown.Add(name);
    }
    for (const std::string& feature : features_)
      if (!by_name_.contains(feature)) missing.Add(feature);
    if (!unknown.empty() || !missing.empty()) return Mismatch(unknown, missing, Wanted());
  } else {
    const size_t expected = declared ? features_.size() : wanted;
    if (names_.size() != expected)
      return Error(Reason::kBadRequest, "expected {} columns for input \"{}\" {}, got {}", expected,
                   input.name, ToString(input.dtype, input.shape), names_.size());
    for (size_t i = 0; i < names_.size(); ++i) targets_.push_back({.offset = i});
    went_by_order_ = !are_numbered();
  }
  const auto width = static_cast<size_t>(std::ranges::count(targets_, false, &Target::passed_over));
  Input& filled = inputs_.emplace_back(Input{.spec = &input, .width = width});
  if (rank == 2) filled.shape.push_back(static_cast<int64_t>(width));
  return OkStatus();
}

/// An input that a column of its own fills. @return its index.
StatusOr<size_t> Table::AddInput(const TensorSpec& spec) {
  Input input{.spec = &spec};
  if (!spec.any_rank && spec.shape.size() > 1)
    input.shape.assign(spec.shape.begin() + 1, spec.shape.end());
  if (input.shape.size() == 1 && input.shape[0] < 0) input.shape[0] = 1;
  const auto width = ElementCount(input.shape);
  if (!width.ok())
    return Error(Reason::kBadRequest,
                 "column \"{}\": {} leaves open how many values a row has; send a tensor",
                 spec.name.substr(0, kQuotedName), ToString(spec.dtype, spec.shape));
  input.width = static_cast<size_t>(*width);
  inputs_.push_back(std::move(input));
  return inputs_.size() - 1;
}

StatusOr<size_t> Table::Find(std::string_view name, size_t likely) const {
  if (likely < names_.size() && names_[likely] == name) return likely;
  const auto found = by_name_.find(name);
  if (found != by_name_.end()) return found->second;
  NameList unknown;
  unknown.Add(name);
  return Annotate(Mismatch(unknown, {}, Wanted()), fmt::format("row {}", rows_));
}

Status Table::Locate(const Status& status, size_t column) const {
  if (status.ok()) return status;
  return Annotate(
      status, fmt::format("row {}, column \"{}\"", rows_, names_[column].substr(0, kQuotedName)));
}

Status Table::BeginCell(size_t column) {
  Target& target = targets_[column];
  if (target.filled_rows > rows_) return Error(Reason::kBadRequest, "occurs twice");
  target.filled_rows = rows_ + 1;
  if (cells_++ > 0) return OkStatus();
  for (Input& input : inputs_) {
    if (input.spec->dtype == DType::kBytes)
      input.texts.resize(input.width);
    else
      input.bytes.resize(input.bytes.size() + input.width * ElementSize(input.spec->dtype));
  }
  return OkStatus();
}

namespace {

std::byte* ElementOfLastRow(std::string& bytes, size_t width, DType dtype, size_t element) {
  const size_t size = ElementSize(dtype);
  return reinterpret_cast<std::byte*>(bytes.data()) + bytes.size() - (width - element) * size;
}

}  // namespace

/// What the cells of a column are cast to before they are numbers of its input.
std::optional<ColumnSpec::Kind> Table::CastKind(const Target& target) const {
  const DType dtype = inputs_[target.input].spec->dtype;
  const bool is_float = dtype == DType::kFp32 || dtype == DType::kFp64;
  return is_float && target.kind != ColumnSpec::Kind::kString ? target.kind : std::nullopt;
}

Status Table::ReadScalar(const Target& target, size_t element, JsonReader& reader) {
  Input& input = inputs_[target.input];
  const DType dtype = input.spec->dtype;
  if (dtype == DType::kBytes) {
    input.texts[element].clear();
    const StatusOr<bool> missing = input.spec->any_number ? reader.TryNull() : false;
    if (!missing.ok() || *missing) return missing.status();
    return reader.ReadString(&input.texts[element]);
  }
  std::byte* const to = ElementOfLastRow(input.bytes, input.width, dtype, element);
  if (IsTime(*input.spec, element)) return ReadTimeCell(reader, to);
  const auto kind = CastKind(target);
  return kind ? ReadDeclaredCell(reader, *kind, dtype, to) : ReadCell(reader, dtype, to);
}

Status Table::Put(size_t column, JsonReader& reader) {
  if (targets_[column].passed_over) return reader.SkipUnread();
  const auto put = [&]() -> Status {
    RETURN_IF_ERROR(BeginCell(column));
    const Target& target = targets_[column];
    ASSIGN_OR_RETURN(const JsonType type, reader.Peek());
    if (type != JsonType::kArray && target.width == 1)
      return ReadScalar(target, target.offset, reader);
    size_t count = 0;
    RETURN_IF_ERROR(ReadNestedArray(reader, [&](JsonReader& r) -> Status {
      if (count == target.width) return r.Refuse(fmt::format("expected {} values", target.width));
      return ReadScalar(target, target.offset + count++, r);
    }));
    if (count == target.width) return OkStatus();
    return Error(Reason::kBadRequest, "expected {} values, got {}", target.width, count);
  };
  return Locate(put(), column);
}

Status Table::Put(size_t column, std::string_view text) {
  if (targets_[column].passed_over) return OkStatus();
  const auto put = [&]() -> Status {
    RETURN_IF_ERROR(BeginCell(column));
    const Target& target = targets_[column];
    Input& input = inputs_[target.input];
    if (target.width != 1)
      return Error(Reason::kBadRequest, "expected {} values, got one cell", target.width);
    const DType dtype = input.spec->dtype;
    if (dtype == DType::kBytes) {
      input.texts[target.offset] = text;
      return OkStatus();
    }
    std::byte* const to = ElementOfLastRow(input.bytes, input.width, dtype, target.offset);
    if (IsTime(*input.spec, target.offset)) return ParseTimeCell(text, to);
    const auto kind = CastKind(target);
    return kind ? ParseDeclaredCell(text, *kind, dtype, to) : ParseCell(text, dtype, to);
  };
  return Locate(put(), column);
}

Status Table::EndRow() {
  if (cells_ != wanted_) {
    NameList missing;
    for (size_t i = 0; i < targets_.size(); ++i)
      if (!targets_[i].passed_over && targets_[i].filled_rows <= rows_) missing.Add(names_[i]);
    return Error(Reason::kBadRequest, "row {}: missing columns {}", rows_, missing.str());
  }
  for (Input& input : inputs_)
    for (const std::string& text : input.texts) AppendBytesElement(input.bytes, text);
  ++rows_;
  cells_ = 0;
  return OkStatus();
}

Status Table::Finish(InferRequest& request) {
  if (rows_ == 0) return Error(Reason::kBadRequest, "expected at least one row");
  for (Input& input : inputs_) {
    const bool scalar = !input.spec->any_rank && input.spec->shape.empty();
    if (scalar && rows_ != 1)
      return Error(Reason::kBadRequest, "column \"{}\": the model takes one value, got {} rows",
                   input.spec->name.substr(0, kQuotedName), rows_);
    if (!scalar) input.shape.insert(input.shape.begin(), static_cast<int64_t>(rows_));
    request.inputs.push_back(
        {input.spec->name,
         {input.spec->dtype, std::move(input.shape), Buffer::Own(std::move(input.bytes))}});
  }
  inputs_.clear();
  rows_ = 0;
  return OkStatus();
}

}  // namespace slipway::instances
