#pragma once
// What a pass is, and which there are.

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "evaluate/runner.h"
#include "onnx/onnx.pb.h"
#include "optimise/rows.h"
#include "tensor/signature.h"

namespace slipway::optimise {

/// What a pass may use besides the model.
struct Workshop {
  evaluate::LoadModel load;              // runs graphs: no operator is computed a second time here
  const LabelledRows* rows = nullptr;    // to calibrate, choose and learn by; null: there are none
  const Signature* signature = nullptr;  // of the original, which knows its labels
};

/// One parameter of a pass: one of `words`, or, without words, a number in [min, max].
struct PassParameter {
  std::string_view name;
  std::string_view otherwise;  // the default
  std::vector<std::string_view> words = {};
  double min = 0, max = 0;
  std::string_view help;
};

/// The parameters of a pass, all of them, as they were given or by default.
class Settings {
 public:
  /// The defaults.
  explicit Settings(std::span<const PassParameter> parameters);
  const std::string& Word(std::string_view name) const { return Find(name).text; }
  bool Flag(std::string_view name) const { return Word(name) == "yes"; }
  double Number(std::string_view name) const;
  bool IsGiven(std::string_view name) const { return Find(name).is_given; }
  /// Gives a parameter that the pass has.
  void Set(std::string_view name, std::string value) {
    values_.find(name)->second = {std::move(value), true};
  }

 private:
  struct Value {
    std::string text;
    bool is_given = false;
  };
  const Value& Find(std::string_view name) const { return values_.find(name)->second; }

  std::map<std::string, Value, std::less<>> values_;
};

/// The parameter of passes that choose by a loss.
inline constexpr std::string_view kMaxLoss = "max_loss";

struct Pass {
  std::string_view name;     // "fold-constants"
  std::string_view summary;  // one sentence
  bool exact = true;         // answers differ by rounding only
  bool needs_rows = false;
  bool needs_answers = false;  // the right ones, of the rows
  std::vector<PassParameter> parameters = {};
  /// Whether a model, which is not changed, has what the pass is about; null: every one.
  bool (*concerns)(::onnx::ModelProto& model) = nullptr;
  /// What of a model, which is not changed, the pass leaves as it is, and why, for the report: "2
  /// nodes with …"; "" for nothing. Null: nothing of any.
  std::string (*leaves)(::onnx::ModelProto& model) = nullptr;
  /// Changes a model that passed CheckGraph and has no external data, and leaves one.
  /// @return what was done, "12 nodes became 3 constants"; "" when there was nothing to do;
  ///   kUnsupported for what the model cannot be given; what running it answers.
  StatusOr<std::string> (*apply)(::onnx::ModelProto& model, const Settings& settings,
                                 const Workshop& workshop);
};

/// All passes, in the order in which they are best applied.
std::span<const Pass> Passes();

/// A pass with its settings.
struct Step {
  const Pass* pass;
  Settings settings;
  /// "quantise-static:method=entropy": only what is not the default.
  std::string Text() const;
};

/// How many rows the steps, or all passes that concern a model, calibrate, choose or learn by where
/// nobody says: many where right answers decide.
/// @param has_answers  whether the rows have them; those who need them are not tried without.
size_t RowsWanted(std::span<const Step> steps);
size_t RowsWanted(::onnx::ModelProto& model, bool has_answers);

/// Gives the steps that choose by a loss, and do not say which, this one.
/// @return whether there are any.
bool AllowLoss(std::span<Step> steps, double max_loss);

/// Reads "fold-constants,quantise-static:method=entropy:per_channel=no".
/// @return kBadRequest naming the pass or parameter, what it takes and the nearest name.
StatusOr<std::vector<Step>> ReadSteps(std::string_view text);
}  // namespace slipway::optimise
