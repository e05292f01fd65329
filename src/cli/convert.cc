#include <fmt/format.h>

#include "bundle/artifact.h"
#include "bundle/attestation.h"
#include "bundle/pack.h"
#include "cli/commands.h"
#include "cli/local_model.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/proof.h"
#include "io/digest.h"
#include "io/durable_write.h"
#include "io/file.h"

namespace slipway::cli {
namespace {

constexpr uint64_t kMaxLabelBytes = uint64_t{16} << 20;
constexpr uint64_t kMaxExpectedBytes = uint64_t{1} << 30;
constexpr double kParityTolerance = 1e-6;
constexpr std::string_view kBundleOptions[] = {"--name", "--examples", "--labels", "--licence",
                                               "--intended-use"};

/// "OUTPUT=FILE", a label a line.
Status ReadLabels(const std::string& text, bundle::PackOptions& options) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    return Error(Reason::kBadRequest, "--labels: expected OUTPUT=FILE, got \"{}\"", text);
  ASSIGN_OR_RETURN(const io::File file, io::File::Open(text.substr(equals + 1)));
  ASSIGN_OR_RETURN(const io::Bytes bytes, file.ReadAll(kMaxLabelBytes));
  std::vector<std::string>& labels = options.labels[text.substr(0, equals)];
  for (std::string_view rest = bytes.text(); !rest.empty();) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view label = rest.substr(0, end);
    if (label.ends_with('\r')) label.remove_suffix(1);
    labels.emplace_back(label);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return OkStatus();
}

StatusOr<bundle::Packed> WriteOnnx(const std::string& source, const std::string& out) {
  auto opened = bundle::Open(source);
  if (!opened.ok() && ReasonOf(opened.status()) == Reason::kBadModel)
    return Annotate(opened.status(), source);
  ASSIGN_OR_RETURN(const auto artifact, std::move(opened));
  if (!artifact->bytes().external_data.empty())
    return Error(
        Reason::kUnsupported,
        "{}: its weights lie in further files, which one .onnx cannot hold: convert it to a "
        "bundle",
        source);
  const auto model = artifact->bytes().model;
  RETURN_IF_ERROR(io::WriteDurably(
      out, std::string_view(reinterpret_cast<const char*>(model.data()), model.size()),
      io::DurableFile::Existing::kRefuse));
  ASSIGN_OR_RETURN(const auto written, bundle::Open(out));
  return bundle::Packed{written->digest(), 1, written->size_bytes()};
}

StatusOr<bundle::Packed> WriteBundle(const std::string& source, const std::string& out,
                                     const Arguments& arguments) {
  bundle::PackOptions options;
  options.name = arguments.Text("--name");
  options.examples = arguments.Text("--examples");
  options.licence = arguments.Text("--licence");
  options.intended_use = arguments.Text("--intended-use");
  for (const std::string& labels : arguments.Texts("--labels"))
    RETURN_IF_ERROR(ReadLabels(labels, options));
  return bundle::Pack(source, out, options);
}

/// What a model has shown before it is written.
struct Proof {
  Parity parity;
  ParitySubject subject;
  std::unique_ptr<bundle::Artifact> source;
};

StatusOr<Proof> ProveAgainst(const std::string& csv, const std::string& source) {
  ASSIGN_OR_RETURN(const io::File file, io::File::Open(csv));
  io::Sha256 digest;
  ASSIGN_OR_RETURN(const io::Bytes bytes, file.ReadAll(kMaxExpectedBytes, &digest));
  ASSIGN_OR_RETURN(LocalModel model, OpenLocalModel(source));
  Proof proof;
  auto parity = Prove(model, bytes.text(), kParityTolerance);
  if (!parity.ok()) return Annotate(parity.status(), csv);
  proof.parity = *std::move(parity);
  if (!proof.parity.holds())
    return Error(Reason::kBadModel, "{}: the model's answers are not the expected ones\n{}", csv,
                 ParityText(proof.parity));
  const ModelOrigin& origin = model.loaded->origin();
  proof.subject.engine = fmt::format("{} {}", origin.engine, origin.version);
  proof.subject.data_file = csv.substr(csv.rfind('/') + 1);
  proof.subject.data_sha256 = digest.HexDigest();
  proof.source = std::move(model.artifact);
  return proof;
}

struct Converted {
  bundle::Packed packed;
  std::optional<Parity> parity;
};

StatusOr<Converted> Convert(const Arguments& arguments) {
  const std::string source = arguments.Text("MODEL"), out = arguments.Text("--output");
  const bool to_onnx = out.ends_with(".onnx");
  RETURN_IF_ERROR(RefuseEmpty(arguments, ConvertCommand().options));
  for (const std::string_view option : kBundleOptions)
    if (to_onnx && arguments.Has(option))
      return Error(Reason::kBadRequest, "{} is for bundles, {} is none", option, out);
  std::optional<Proof> proof;
  if (arguments.Has("--prove")) {
    ASSIGN_OR_RETURN(proof, ProveAgainst(arguments.Text("--prove"), source));
  }
  ASSIGN_OR_RETURN(const bundle::Packed packed,
                   to_onnx ? WriteOnnx(source, out) : WriteBundle(source, out, arguments));
  if (!proof) return Converted{packed, std::nullopt};
  proof->subject.digest = packed.digest;
  RETURN_IF_ERROR(bundle::WriteAttestation(
      out, "parity", RenderCertificate(proof->parity, proof->subject, *proof->source)));
  return Converted{packed, std::move(proof->parity)};
}

std::string ToText(const Arguments& arguments, const Converted& converted) {
  const bundle::Packed& packed = converted.packed;
  std::string text;
  if (arguments.Flag("--json")) {
    JsonWriter(text)
        .BeginObject()
        .Key("output")
        .String(arguments.Text("--output"))
        .Key("digest")
        .String(packed.digest)
        .Key("files")
        .Uint(packed.files)
        .Key("size_bytes")
        .Uint(packed.size_bytes)
        .EndObject();
    return text + "\n";
  }
  text = fmt::format("{}: {} file{}, {} bytes, {}\n", arguments.Text("--output"), packed.files,
                     packed.files == 1 ? "" : "s", WithThousands(packed.size_bytes), packed.digest);
  if (converted.parity) text += ParityText(*converted.parity);
  return text;
}

int Run(std::string_view command, const Arguments& arguments) {
  Progress progress("Converting " + arguments.Text("MODEL"));
  const auto converted = Convert(arguments);
  if (!converted.ok()) return Fail(command, converted.status());
  const Status written = WriteResult("", ToText(arguments, *converted));
  return written.ok() ? kDone : Fail(command, written);
}

int RunConvert(const Arguments& arguments) { return Run("convert", arguments); }

int RunPack(const Arguments& arguments) {
  const std::string out = arguments.Text("--output");
  if (out.ends_with(".onnx"))
    return Fail(
        "bundle pack",
        Error(Reason::kBadRequest, "{} is no name for a bundle: slipway convert writes ONNX", out));
  return Run("bundle pack", arguments);
}

}  // namespace

Command ConvertCommand() {
  return {
      "convert",
      "Turns a model into a bundle, the unit of release, or into a plain ONNX file.",
      "slipway convert model.onnx -o model.tar --name churn",
      {ModelOption(),
       ModelOutputOption(),
       {"--name", "NAME", "Name of the model in the bundle."},
       {"--prove", "FILE",
        "A .csv of inputs and, in columns named like the outputs (predict, predict_proba_0), "
        "what the framework answered: nothing is written unless the model answers the same; "
        "OUT.parity.json tells what was compared."},
       {"--examples", "FOLDER",
        "Golden inputs and outputs (NAME.json each) to put into the bundle."},
       {.name = "--labels",
        .value_name = "OUTPUT=FILE",
        .help = "Names of an output's classes, one a line.",
        .repeated = true},
       {"--licence", "TEXT",
        "The model's licence, in the bundle: an SPDX expression or a sentence."},
       {"--intended-use", "TEXT", "What the model is for and what it is not for, in the bundle."},
       JsonOption()},
      RunConvert};
}

Command BundlePackCommand() {
  Command command = ConvertCommand();
  command.name = "bundle pack";
  command.summary =
      "Turns a model into a bundle, the unit of release: slipway convert, bundles only.";
  command.example = "slipway bundle pack model.onnx -o churn.slipway --name churn --licence MIT";
  for (Option& option : command.options)
    if (option.name == "--output")
      option.help =
          "What to write: NAME.tar or NAME.slipway (a tar), else a bundle folder. It must "
          "not exist.";
  command.run = RunPack;
  return command;
}

}  // namespace slipway::cli
