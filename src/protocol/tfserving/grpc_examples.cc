#include "protocol/tfserving/grpc_examples.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "protobuf/message_reader.h"
#include "protobuf/message_writer.h"
#include "protocol/calls/http_call.h"
#include "protocol/tfserving/example_message.h"
#include "protocol/tfserving/infer_handler.h"
#include "protocol/tfserving/model_spec.h"
#include "protocol/tfserving/request_reader.h"
#include "protocol/tfserving/result_message.h"
#include "protocol/tfserving/results.h"
#include "routing/resolver.h"
#include "transport/grpc/unary.h"

namespace slipway::tfserving {
namespace {

using http::Exchange;
using protobuf::BytesTag;
using protobuf::Field;
using protobuf::MessageReader;
using protobuf::MessageWriter;

enum RequestField : uint32_t { kSpec = 1, kTasks = 1, kInput };
enum TaskField : uint32_t { kTaskSpec = 1, kMethodName };
enum ResponseField : uint32_t { kResult = 1, kResults = 1, kAnsweringSpec };
enum InferenceResultField : uint32_t { kResultSpec = 1, kClassification, kRegression };

enum class Method : uint8_t { kClassify, kRegress };

/// What is asked of the examples, and in which outputs the answer lies.
struct Task {
  Method method = Method::kClassify;
  size_t values = 0;              // index into the outputs asked for: scores, or regressions
  std::optional<size_t> classes;  // likewise
};

/// What a request asks, before the model is looked at.
struct Question {
  std::optional<ModelSpec> spec;
  std::vector<Method> methods;
  std::string_view input;
};

Status CheckSignature(const ModelSpec& spec) {
  if (spec.signature.empty() || spec.signature == kSignatureName) return OkStatus();
  return Error(Reason::kBadRequest, "No signature was found with the name: {}",
               spec.signature.substr(0, 200));
}

StatusOr<Question> ReadOne(std::string_view message, Method method) {
  Question question{.methods = {method}};
  MessageReader reader(message);
  for (Field field; reader.Next(&field);) {
    if (field.tag == BytesTag(kSpec)) {
      ASSIGN_OR_RETURN(question.spec, ReadModelSpec(field.bytes));
    } else if (field.tag == BytesTag(kInput)) {
      question.input = field.bytes;
    }
  }
  RETURN_IF_ERROR(reader.status());
  return question;
}

Status AddTask(std::string_view message, Question& question) {
  std::optional<ModelSpec> spec;
  std::string_view name;
  MessageReader reader(message);
  for (Field field; reader.Next(&field);) {
    if (field.tag == BytesTag(kTaskSpec)) {
      ASSIGN_OR_RETURN(spec, ReadModelSpec(field.bytes));
    } else if (field.tag == BytesTag(kMethodName)) {
      name = field.bytes;
    }
  }
  RETURN_IF_ERROR(reader.status());
  if (!spec) return MissingModelSpec();
  RETURN_IF_ERROR(CheckSignature(*spec));
  if (!question.spec) question.spec = spec;
  if (spec->name != question.spec->name || spec->version != question.spec->version)
    return MakeError(Reason::kBadRequest,
                     "All ModelSpecs in a MultiInferenceRequest must access the same model name.");
  const bool classify = name == "tensorflow/serving/classify";
  if (!classify && name != "tensorflow/serving/regress")
    return Error(Reason::kNotOffered, "Unsupported signature method_name: {}", name.substr(0, 200));
  const Method method = classify ? Method::kClassify : Method::kRegress;
  if (std::ranges::find(question.methods, method) != question.methods.end())
    return Error(Reason::kBadRequest, "Duplicate evaluation of signature: {}", kSignatureName);
  question.methods.push_back(method);
  return OkStatus();
}

StatusOr<Question> ReadMany(std::string_view message) {
  Question question;
  MessageReader reader(message);
  for (Field field; reader.Next(&field);) {
    if (field.tag == BytesTag(kTasks))
      RETURN_IF_ERROR(AddTask(field.bytes, question));
    else if (field.tag == BytesTag(kInput))
      question.input = field.bytes;
  }
  RETURN_IF_ERROR(reader.status());
  return question;
}

class ExampleCall final : public Call {
 public:
  Status Read(const StatusOr<Question>& asked, bool many, const lifecycle::ServingTable& table,
              const BodyMemory& memory);

 protected:
  Status Write(const lifecycle::ServedVersion& version, http::Response& answer) override;

 private:
  size_t Want(std::string output);
  StatusOr<Task> Plan(Method method, const Signature& signature);
  Status AppendResult(const Task& task, const lifecycle::ServedVersion& version, uint32_t number,
                      std::string& out) const;

  bool many_ = false;  // the answer is that of MultiInference
  std::vector<Task> tasks_;
};

Status ExampleCall::Read(const StatusOr<Question>& asked, bool many,
                         const lifecycle::ServingTable& table, const BodyMemory& memory) {
  many_ = many;
  tasks_.clear();
  RETURN_IF_ERROR(asked.status());
  if (!asked->spec) return MissingModelSpec();
  request.model = asked->spec->name;
  request.version = asked->spec->version;
  RETURN_IF_ERROR(CheckSignature(*asked->spec));
  ASSIGN_OR_RETURN(const auto* version, routing::Resolve(table, request.model, request.version));
  const Signature& signature = (*version)->signature;
  for (const Method method : asked->methods) {
    ASSIGN_OR_RETURN(const Task task, Plan(method, signature));
    tasks_.push_back(task);
  }
  RepeatedBytes repeated(memory, charge);
  return ReadExampleInput(asked->input, signature, request, repeated);
}

/// The place of `output` among those asked for.
size_t ExampleCall::Want(std::string output) {
  auto& outputs = request.outputs;
  const auto found = std::ranges::find(outputs, output, &RequestedOutput::name);
  const auto place = static_cast<size_t>(found - outputs.begin());
  if (found == outputs.end()) outputs.push_back({std::move(output)});
  return place;
}

StatusOr<Task> ExampleCall::Plan(Method method, const Signature& signature) {
  Task task{.method = method};
  if (method == Method::kRegress) {
    ASSIGN_OR_RETURN(std::string output, FindRegressOutput(signature));
    task.values = Want(std::move(output));
    return task;
  }
  ASSIGN_OR_RETURN(ClassifyOutputs outputs, FindClassifyOutputs(signature));
  task.values = Want(std::move(outputs.scores));
  if (!outputs.classes.empty()) task.classes = Want(std::move(outputs.classes));
  return task;
}

Status ExampleCall::AppendResult(const Task& task, const lifecycle::ServedVersion& version,
                                 uint32_t number, std::string& out) const {
  const NamedTensor& values = response.outputs[task.values];
  if (task.method == Method::kRegress) return AppendRegressions(number, values.tensor, out);
  const auto spec = IndexOf(version.signature.outputs, values.name);
  return AppendClassifications(number, values.tensor,
                               task.classes ? &response.outputs[*task.classes].tensor : nullptr,
                               version.signature.outputs[*spec].labels, out);
}

Status ExampleCall::Write(const lifecycle::ServedVersion& version, http::Response& answer) {
  std::string& out = answer.body;
  if (!many_) {
    RETURN_IF_ERROR(AppendResult(tasks_.front(), version, kResult, out));
    AppendModelSpec(kAnsweringSpec, version, out);
    return OkStatus();
  }
  MessageWriter writer(out);
  for (const Task& task : tasks_) {
    const size_t result = writer.Begin(kResults);
    AppendModelSpec(kResultSpec, version, out);
    RETURN_IF_ERROR(AppendResult(
        task, version, task.method == Method::kClassify ? kClassification : kRegression, out));
    writer.End(result);
  }
  return OkStatus();
}

}  // namespace

void AddExampleMethods(http::Router& router, const Services& services) {
  const auto calls = std::make_shared<CallRunner<ExampleCall>>(services.infer, services.loops);
  const auto add = [&](std::string_view method, auto read, bool many, std::string summary) {
    grpc::AddUnary(
        router, fmt::format("/tensorflow.serving.PredictionService/{}", method),
        http::Access::kInference,
        [calls, read, many, &infer = services.infer,
         &memory = services.memory](Exchange& exchange) {
          calls->Run(exchange, [&](ExampleCall& call) {
            return call.Read(read(exchange.request().body_text()), many,
                             infer.Table(exchange.loop()), memory);
          });
        },
        std::move(summary));
  };
  add(
      "Classify", [](std::string_view body) { return ReadOne(body, Method::kClassify); }, false,
      "Scores of examples, by class.");
  add(
      "Regress", [](std::string_view body) { return ReadOne(body, Method::kRegress); }, false,
      "A value for each example.");
  add("MultiInference", ReadMany, true, "Both at once.");
}

}  // namespace slipway::tfserving
