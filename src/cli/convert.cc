#include <fmt/format.h>

#include "bundle/artifact.h"
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
constexpr std::string_view kCertificateEnding = ".parity.json";

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
  ASSIGN_OR_RETURN(const auto artifact, bundle::Open(source));
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
  Progress progress("Converting " + source);
  const bool to_onnx = out.ends_with(".onnx");
  const bool bundle_only =
      arguments.Has("--name") || arguments.Has("--examples") || arguments.Has("--labels");
  if (to_onnx && bundle_only)
    return Error(Reason::kBadRequest, "--name, --examples and --labels are for bundles, {} is none",
                 out);
  std::optional<Proof> proof;
  if (arguments.Has("--prove")) {
    ASSIGN_OR_RETURN(proof, ProveAgainst(arguments.Text("--prove"), source));
  }
  ASSIGN_OR_RETURN(const bundle::Packed packed,
                   to_onnx ? WriteOnnx(source, out) : WriteBundle(source, out, arguments));
  if (!proof) return Converted{packed, std::nullopt};
  proof->subject.digest = packed.digest;
  RETURN_IF_ERROR(io::WriteDurably(out + std::string(kCertificateEnding),
                                   RenderCertificate(proof->parity, proof->subject, *proof->source),
                                   io::DurableFile::Existing::kReplace));
  return Converted{packed, std::move(proof->parity)};
}

int RunConvert(const Arguments& arguments) {
  const auto converted = Convert(arguments);
  if (!converted.ok()) return Fail("convert", converted.status());
  const bundle::Packed* const packed = &converted->packed;
  std::string text;
  if (arguments.Flag("--json")) {
    JsonWriter(text)
        .BeginObject()
        .Key("output")
        .String(arguments.Text("--output"))
        .Key("digest")
        .String(packed->digest)
        .Key("files")
        .Uint(packed->files)
        .Key("size_bytes")
        .Uint(packed->size_bytes)
        .EndObject();
    text += '\n';
  } else {
    text = fmt::format("{}: {} file{}, {} bytes, {}\n", arguments.Text("--output"), packed->files,
                       packed->files == 1 ? "" : "s", WithThousands(packed->size_bytes),
                       packed->digest);
    if (converted->parity) text += ParityText(*converted->parity);
  }
  const Status written = WriteResult("", text);
  return written.ok() ? kDone : Fail("convert", written);
}

}  // namespace

Command ConvertCommand() {
  return {
      "convert",
      "Turns a model into a bundle, the unit of release, or into a plain ONNX file.",
      "slipway convert model.onnx -o model.tar --name churn",
      {{"MODEL", "",
        "An ONNX file, a bundle (folder or tar), or a model of scikit-learn, XGBoost, LightGBM or "
        "CatBoost.",
        /*required=*/true},
       {.name = "--output",
        .value_name = "OUT",
        .help = "What to write: NAME.onnx, NAME.tar or NAME.slipway (a tar), else a bundle "
                "folder. It must not exist.",
        .required = true,
        .short_name = "-o"},
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
       JsonOption()},
      RunConvert};
}

}  // namespace slipway::cli
