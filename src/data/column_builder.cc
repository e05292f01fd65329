#include "data/column_builder.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "data/cell_values.h"
#include "data/plain_numbers.h"

namespace slipway::data {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

// When words that nobody gave a type are categories.
constexpr size_t kMaxCategories = 1000;
constexpr size_t kMaxCategoryBytes = 64;
constexpr size_t kFewCategories = 32;  // may come once each, unless they have spaces

/// Of the heap, for a string that does not fit into its own bytes.
size_t HeapBytes(size_t length) { return length <= 15 ? 0 : length + 1; }
/// About what a hash map takes for a word and its code.
size_t EntryBytes(size_t length) { return 2 * (sizeof(std::string) + 8) + HeapBytes(length); }

bool ParseWhole(std::string_view cell, double* out) {
  return ParseNumber(cell, out) && *out == std::trunc(*out) && std::abs(*out) <= kMaxWhole;
}

/// "true", "false", "1", "0".
bool ParseEitherBoolean(std::string_view cell, double* out) {
  return ParseBoolean(cell, out) || (ParseNumber(cell, out) && (*out == 0 || *out == 1));
}

/// Puts what a batch brings where it belongs.
template <typename From, typename To>
void Place(const From& from, Places places, To& to) {
  for (size_t row = 0; row < places.size(); ++row)
    if (places[row] != kNoPlace) to[places[row]] = from[row];
}

}  // namespace

ColumnBuilder::ColumnBuilder(std::string name, std::optional<ColumnType> type,
                             const MissingWords& missing, MemoryBudget& budget)
    : name_(std::move(name)),
      type_(type),
      missing_(missing),
      budget_(budget),
      kind_(type == ColumnType::kInteger ? ColumnType::kNumber : type) {}

bool ColumnBuilder::Takes(std::string_view cell) const {
  if (!type_ || missing_.Has(cell)) return true;
  double value;
  switch (*type_) {
    case ColumnType::kNumber:
      return ParseNumber(cell, &value);
    case ColumnType::kInteger:
      return ParseWhole(cell, &value);
    case ColumnType::kBoolean:
      return ParseEitherBoolean(cell, &value);
    case ColumnType::kTime:
      return ParseTime(cell, &value);
    case ColumnType::kCategory:
    case ColumnType::kText:
      break;
  }
  return true;
}

bool ColumnBuilder::Takes(double value) const {
  if (std::isnan(value)) return true;
  if (type_ == ColumnType::kInteger)
    return value == std::trunc(value) && std::abs(value) <= kMaxWhole;
  return type_ != ColumnType::kBoolean || value == 0 || value == 1;
}

Status ColumnBuilder::Add(const RowBatch& batch, size_t column, Places places, size_t rows) {
  if (lost_ || settled_) return OkStatus();
  if (!kind_) {
    kind_ = KindOf(batch, column);
    if (!kind_) {
      rows_ = rows;
      return OkStatus();
    }
    RETURN_IF_ERROR(AddMissing(rows_));
  }
  if (batch.has_values(column)) return AddTyped(batch.typed[column].values, places, rows);
  if (kind_ == ColumnType::kCategory) return AddWords(batch, column, places, rows);
  if (kind_ == ColumnType::kText) return AddTexts(batch, column, places, rows);
  RETURN_IF_ERROR(AddValues(batch, column, places, rows));
  seen_ = true;
  return OkStatus();
}

std::optional<ColumnType> ColumnBuilder::KindOf(const RowBatch& batch, size_t column) const {
  double ignored;
  if (batch.has_values(column)) {
    const auto& [type, values] = batch.typed[column];
    const bool any =
        std::any_of(values.begin(), values.end(), [](double value) { return !std::isnan(value); });
    return any ? std::optional(type) : std::nullopt;
  }
  for (size_t row = 0; row < batch.rows(); ++row) {
    const std::string_view cell = batch.cell(row, column);
    if (missing_.Has(cell)) continue;
    if (!batch.typed.empty()) return ColumnType::kCategory;
    if (ParseNumber(cell, &ignored)) return ColumnType::kNumber;
    if (ParseBoolean(cell, &ignored)) return ColumnType::kBoolean;
    if (ParseTime(cell, &ignored)) return ColumnType::kTime;
    return ColumnType::kCategory;
  }
  return std::nullopt;
}

Status ColumnBuilder::AddMissing(size_t rows) {
  if (lost_ || settled_) return OkStatus();
  if (kind_ == ColumnType::kCategory) {
    RETURN_IF_ERROR(budget_.Reserve(codes_, rows));
    codes_.resize(rows, -1);
  } else if (kind_ == ColumnType::kText) {
    RETURN_IF_ERROR(budget_.Reserve(texts_, rows));
    texts_.resize(rows);
  } else if (kind_) {
    RETURN_IF_ERROR(budget_.Reserve(numbers_, rows));
    numbers_.resize(rows, kMissing);
  }
  rows_ = rows;
  return OkStatus();
}

template <typename Parse>
bool ColumnBuilder::ReadValue(std::string_view cell, Parse parse, double* out) const {
  const bool look_first = missing_.look_like_values();
  if (!look_first && parse(cell, out)) return true;
  if (!missing_.Has(cell)) return look_first && parse(cell, out);
  *out = kMissing;
  return true;
}

template <typename Parse>
bool ColumnBuilder::ReadValues(const RowBatch& batch, size_t column, Parse parse,
                               double* out) const {
  for (size_t row = 0; row < batch.rows(); ++row)
    if (!ReadValue(batch.cell(row, column), parse, out + row)) return false;
  return true;
}

bool ColumnBuilder::ReadNumbers(const RowBatch& batch, size_t column, double* out) const {
  for (size_t row = 0; row < batch.rows(); ++row) {
    if (!missing_.look_like_values())
      row += ReadPlainNumbers(batch.cells.data() + row * batch.width + column, batch.width,
                              batch.rows() - row, out + row);
    if (row == batch.rows()) break;
    if (!ReadValue(batch.cell(row, column), ParseNumber, out + row)) return false;
  }
  return true;
}

bool ColumnBuilder::ParseValues(const RowBatch& batch, size_t column, double* out) const {
  if (kind_ == ColumnType::kTime) return ReadValues(batch, column, ParseTime, out);
  if (kind_ == ColumnType::kBoolean)
    return ReadValues(batch, column, type_ ? ParseEitherBoolean : ParseBoolean, out);
  return ReadNumbers(batch, column, out);
}

Status ColumnBuilder::AddValues(const RowBatch& batch, size_t column, Places places, size_t rows) {
  RETURN_IF_ERROR(budget_.Reserve(numbers_, rows));
  const size_t before = std::exchange(rows_, rows);
  numbers_.resize(rows, kMissing);
  if (!places.empty()) batch_numbers_.resize(batch.rows());
  double* const out = places.empty() ? numbers_.data() + before : batch_numbers_.data();
  if (!ParseValues(batch, column, out)) {
    kind_ = ColumnType::kCategory;
    budget_.Free(numbers_);
    lost_ = seen_;
    rows_ = 0;
    if (lost_) return OkStatus();
    RETURN_IF_ERROR(AddMissing(before));
    return AddWords(batch, column, places, rows);
  }
  NoteWhole({out, batch.rows()});
  if (!places.empty()) Place(batch_numbers_, places, numbers_);
  return OkStatus();
}

Status ColumnBuilder::AddTyped(std::span<const double> values, Places places, size_t rows) {
  RETURN_IF_ERROR(budget_.Reserve(numbers_, rows));
  NoteWhole(values);
  rows_ = rows;
  if (places.empty()) {
    numbers_.insert(numbers_.end(), values.begin(), values.end());
    return OkStatus();
  }
  numbers_.resize(rows, kMissing);
  Place(values, places, numbers_);
  return OkStatus();
}

void ColumnBuilder::NoteWhole(std::span<const double> values) {
  if (!whole_ || kind_ != ColumnType::kNumber) return;
  bool whole = true;
  for (const double value : values) {
    const bool in_range = std::abs(value) <= kMaxWhole;
    const double nearest = static_cast<double>(static_cast<int64_t>(in_range ? value : 0));
    whole &= nearest == value || value != value;
  }
  whole_ = whole;
}

Status ColumnBuilder::AddWords(const RowBatch& batch, size_t column, Places places, size_t rows) {
  RETURN_IF_ERROR(budget_.Reserve(codes_, rows));
  codes_.resize(rows, -1);
  for (size_t row = 0; row < batch.rows(); ++row) {
    const size_t place = places.empty() ? rows_ + row : places[row];
    if (place == kNoPlace) continue;
    const std::string_view word = Trimmed(batch.cell(row, column));
    codes_[place] = -1;
    if (missing_.Has(word)) continue;
    ++present_;
    ASSIGN_OR_RETURN(codes_[place], CodeOf(word));
    const bool many = words_.size() > kMaxCategories || word.size() > kMaxCategoryBytes;
    if (many && !type_) {
      RETURN_IF_ERROR(BecomeTexts());
      return AddTexts(batch, column, places, rows);
    }
  }
  rows_ = rows;
  return OkStatus();
}

StatusOr<int32_t> ColumnBuilder::CodeOf(std::string_view word) {
  const auto known = words_.find(word);
  if (known != words_.end()) return known->second;
  if (decided_) return Error(Reason::kIo, "the file changed while it was read");
  RETURN_IF_ERROR(budget_.Take(EntryBytes(word.size())));
  spaced_ |= word.find(' ') != std::string_view::npos;
  const auto code = static_cast<int32_t>(words_.size());
  words_.emplace(word, code);
  return code;
}

Status ColumnBuilder::BecomeTexts() {
  kind_ = ColumnType::kText;
  std::vector<std::string_view> words(words_.size());
  for (const auto& [word, code] : words_) words[static_cast<size_t>(code)] = word;
  RETURN_IF_ERROR(budget_.Reserve(texts_, codes_.size()));
  texts_.resize(codes_.size());
  for (size_t row = 0; row < codes_.size(); ++row)
    if (codes_[row] >= 0)
      RETURN_IF_ERROR(PutText(texts_[row], words[static_cast<size_t>(codes_[row])]));
  for (const auto& [word, code] : words_) budget_.Return(EntryBytes(word.size()));
  words_.clear();
  budget_.Free(codes_);
  return OkStatus();
}

Status ColumnBuilder::AddTexts(const RowBatch& batch, size_t column, Places places, size_t rows) {
  RETURN_IF_ERROR(budget_.Reserve(texts_, rows));
  texts_.resize(rows);
  for (size_t row = 0; row < batch.rows(); ++row) {
    const size_t place = places.empty() ? rows_ + row : places[row];
    if (place == kNoPlace) continue;
    const std::string_view text = Trimmed(batch.cell(row, column));
    RETURN_IF_ERROR(PutText(texts_[place], missing_.Has(text) ? std::string_view() : text));
  }
  rows_ = rows;
  return OkStatus();
}

Status ColumnBuilder::PutText(std::string& to, std::string_view text) {
  budget_.Return(HeapBytes(to.size()));
  RETURN_IF_ERROR(budget_.Take(HeapBytes(text.size())));
  to = std::string(text);
  return OkStatus();
}

void ColumnBuilder::BeginSecondPass() {
  settled_ = !lost_;
  lost_ = false;
}

bool ColumnBuilder::AreCategories() const {
  return 2 * words_.size() <= present_ || (words_.size() <= kFewCategories && !spaced_);
}

void ColumnBuilder::ForgetValues() {
  budget_.Free(numbers_);
  budget_.Free(codes_);
  for (const std::string& text : texts_) budget_.Return(HeapBytes(text.size()));
  budget_.Free(texts_);
  rows_ = 0;
}

Status ColumnBuilder::Decide() {
  if (!kind_) {
    kind_ = ColumnType::kNumber;
    whole_ = false;
    RETURN_IF_ERROR(AddMissing(rows_));
  }
  if (kind_ == ColumnType::kCategory && !type_ && !AreCategories()) RETURN_IF_ERROR(BecomeTexts());
  const bool whole = kind_ == ColumnType::kNumber && whole_;
  type_ = type_.value_or(whole ? ColumnType::kInteger : *kind_);
  if (kind_ == ColumnType::kCategory) SortCategories();
  decided_ = true;
  settled_ = false;
  return OkStatus();
}

Column ColumnBuilder::Take() {
  Column column{.name = name_, .type = *type_, .categories = categories_};
  std::swap(column.numbers, numbers_);
  std::swap(column.codes, codes_);
  std::swap(column.texts, texts_);
  budget_.Return(column.numbers.capacity() * sizeof(double) +
                 column.codes.capacity() * sizeof(int32_t) +
                 column.texts.capacity() * sizeof(std::string));
  for (const std::string& text : column.texts) budget_.Return(HeapBytes(text.size()));
  rows_ = 0;
  return column;
}

void ColumnBuilder::SortCategories() {
  for (const auto& [word, code] : words_) categories_.push_back(word);
  std::sort(categories_.begin(), categories_.end());
  std::vector<int32_t> places(words_.size());
  for (size_t i = 0; i < categories_.size(); ++i) {
    int32_t& code = words_.find(categories_[i])->second;
    places[static_cast<size_t>(code)] = static_cast<int32_t>(i);
    code = static_cast<int32_t>(i);
  }
  for (int32_t& code : codes_)
    if (code >= 0) code = places[static_cast<size_t>(code)];
}

}  // namespace slipway::data
