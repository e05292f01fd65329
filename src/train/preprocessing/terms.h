#pragma once
#include "train/preprocessing/encoder.h"

namespace slipway::train {

/// What is known of the words of a language in training.
struct Vocabulary {
  std::vector<std::string> terms;  // sorted by their bytes
  std::vector<double> weights;     // [terms]: ln((1 + texts) / (1 + texts with the term)) + 1
};

/// The `max_terms` terms that stand most often in the texts, those that stand in one text only
/// last. Terms are the words of two letters or more, in lower case, as scikit-learn's
/// TfidfVectorizer has them.
/// @return kBadRequest naming the row whose text is not UTF-8, and when no text holds a term.
StatusOr<Vocabulary> FindTerms(const data::Column& column, size_t max_terms);

/// Counts of terms times their weights, each row of length 1: a feature a term.
/// Graph: CountTerms, WeighTerms; source: docs/formats/text-operators.md.
std::unique_ptr<Encoder> EncodeTerms(std::string column, Vocabulary vocabulary);

}  // namespace slipway::train
