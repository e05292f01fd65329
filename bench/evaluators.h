#pragma once
// Whoever can evaluate a model of rows: Slipway's own engine, ONNX Runtime, and the libraries that
// trained it behind their C interfaces. One thread each. A failure ends the program.

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace slipway::bench {

/// What is scored, in both types: the floats are the doubles rounded.
struct Table {
  size_t rows = 0;
  size_t columns = 0;
  std::vector<double> doubles;  // [rows, columns]
  std::vector<float> floats;
};

/// A loaded model. It borrows the table it was loaded with.
class Session {
 public:
  virtual ~Session() = default;
  /// Scores rows [first, first + count).
  virtual void Run(size_t first, size_t count) = 0;
  /// The numbers that the last Run gave: of several outputs the last one's, so not the labels'.
  virtual std::vector<double> Answers() const = 0;
};

struct Evaluator {
  std::string name;
  std::function<std::unique_ptr<Session>()> load;
};

/// The bytes of an ONNX model, loaded by the engine for tabular models.
Evaluator Slipway(const Table& table, const std::string& onnx);

/// The same, by ONNX Runtime's C interface.
Evaluator OnnxRuntime(const Table& table, const std::string& onnx);

/// @param kind     "xgboost", "lightgbm" or "treelite", which reads XGBoost's JSON.
/// @param library  the path of its shared library.
/// @param file     the model of one output; the trees' sum is taken.
Evaluator Rival(const Table& table, const std::string& kind, const std::string& library,
                const std::string& file);

[[noreturn]] void Fail(const std::string& what);

}  // namespace slipway::bench
