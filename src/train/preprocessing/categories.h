#pragma once
#include "train/preprocessing/encoder.h"

namespace slipway::train {

/// The words of a column that occur, sorted by their bytes.
std::vector<std::string> WordsOf(const data::Column& column);

/// For each row the place of its word in `words`; -1 for missing and unknown ones.
/// @param words  sorted.
std::vector<int32_t> CodesOf(const data::Column& column, const std::vector<std::string>& words);

/// One feature: the word's place, NaN for missing and unknown ones.
/// @param as_categories  the feature says so (Feature::categories); else it is a number.
std::unique_ptr<Encoder> EncodeOrdinal(std::string column, std::vector<std::string> words,
                                       bool as_categories);
/// A feature a word, 1 where it stands; zeros for missing and unknown ones.
std::unique_ptr<Encoder> EncodeOneHot(std::string column, std::vector<std::string> words);

/// What stands for each word: numbers [words][width], and `otherwise` [width] for missing and
/// unknown ones.
struct WordValues {
  std::vector<std::string> words;
  std::vector<double> values;
  std::vector<double> otherwise;
};
/// @param names  of the features, as many as WordValues is wide.
std::unique_ptr<Encoder> EncodeByValues(std::string column, std::vector<std::string> names,
                                        WordValues values);

}  // namespace slipway::train
