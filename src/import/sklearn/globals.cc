#include "import/sklearn/globals.h"

#include <algorithm>
#include <string>

#include "import/sklearn/registry.h"
#include "import/sklearn/sklearn.h"

namespace slipway::importing {
namespace {

using sklearn::IsInPackage;

bool IsOneOf(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string_view TopPackage(std::string_view module) { return module.substr(0, module.find('.')); }

/// Classes are data; of functions only those that estimators keep as parameters.
bool AllowedOfScikitLearn(std::string_view module, std::string_view name) {
  if (IsInPackage(module, "sklearn.externals"))
    return name == "NumpyArrayWrapper" || name == "NDArrayWrapper";
  if (IsInPackage(module, "sklearn.utils._testing") || IsInPackage(module, "sklearn.datasets"))
    return false;
  const size_t first = name.find_first_not_of('_');
  if (first == std::string_view::npos) return false;
  if (name[first] >= 'A' && name[first] <= 'Z') return true;
  // What HistGradientBoosting* keeps: how its preprocessor checks columns of numbers.
  if (module == "sklearn.utils.validation" && name == "check_array") return true;
  if (module == "sklearn.cluster._kmeans" && name.starts_with("_kmeans_single_")) return true;
  if (module == "sklearn.feature_extraction.text" && name.starts_with("strip_accents_"))
    return true;
  return name.starts_with("__pyx_unpickle_") || IsInPackage(module, "sklearn.metrics") ||
         IsInPackage(module, "sklearn.feature_selection") ||
         IsInPackage(module, "sklearn.tree._tree") || IsInPackage(module, "sklearn.neighbors") ||
         name == "newObj" || name == "make_column_selector";
}

bool AllowedOfNumpy(std::string_view module, std::string_view name) {
  if (IsInPackage(module, "numpy.random"))
    return name.ends_with("_ctor") || name.starts_with("__pyx_unpickle_") ||
           IsOneOf(name, {"RandomState", "Generator", "SeedSequence", "MT19937", "PCG64", "Philox",
                          "SFC64", "_rand"});
  if (IsInPackage(module, "numpy.dtypes")) return name.ends_with("DType");
  if (module == "numpy.ma" || module == "numpy.ma.core")
    return IsOneOf(name, {"_mareconstruct", "MaskedArray"});
  if (!IsOneOf(module, {"numpy", "numpy.core.multiarray", "numpy._core.multiarray",
                        "numpy.core.numeric", "numpy._core.numeric", "numpy.core._multiarray_umath",
                        "numpy._core._multiarray_umath", "numpy.core", "numpy._core"}))
    return false;
  constexpr std::string_view kData[] = {
      "ndarray", "dtype", "scalar", "_reconstruct", "_frombuffer", "_ufunc_reconstruct",
      "_convert_to_ufunc", "float64", "float32", "float16", "longdouble", "int64", "int32", "int16",
      "int8", "uint64", "uint32", "uint16", "uint8", "intp", "uintp", "longlong", "ulonglong",
      "bool_", "bool", "str_", "bytes_", "object_", "datetime64", "timedelta64", "number",
      "integer", "floating", "complex128", "complex64",
      // what a FunctionTransformer may apply, and a few of its arguments
      "log", "log1p", "log2", "log10", "exp", "exp2", "expm1", "sqrt", "square", "cbrt", "abs",
      "absolute", "fabs", "sign", "negative", "reciprocal", "sin", "cos", "tan", "arcsin", "arccos",
      "arctan", "sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh", "floor", "ceil", "trunc",
      "rint", "round", "deg2rad", "rad2deg", "radians", "degrees", "nan_to_num", "ravel", "mean",
      "median", "std", "max", "min", "sum"};
  return std::find(std::begin(kData), std::end(kData), name) != std::end(kData);
}

bool AllowedOfScipy(std::string_view module, std::string_view name) {
  if (IsInPackage(module, "scipy.sparse"))
    return name.ends_with("_matrix") || name.ends_with("_array");
  // Distributions that a RandomizedSearchCV drew its parameters from.
  if (IsInPackage(module, "scipy.stats")) return name.ends_with("_gen") || name.starts_with("rv_");
  // What a SplineTransformer keeps.
  if (IsInPackage(module, "scipy.interpolate")) return name == "BSpline";
  if (IsInPackage(module, "scipy._lib.array_api_compat.numpy")) return name == "asarray";
  return false;
}

/// Estimators of boosted trees, and what they hold: the booster's own bytes.
bool AllowedOfBoosters(std::string_view module, std::string_view name) {
  if (module == "xgboost.sklearn") return name.starts_with("XGB");
  if (module == "xgboost.compat") return name == "XGBoostLabelEncoder";
  if (module == "lightgbm.sklearn") return name.starts_with("LGBM");
  if (module == "catboost.core") return name.starts_with("CatBoost");
  return (module == "xgboost.core" || module == "lightgbm.basic") && name == "Booster";
}

/// The names of columns, as an Index: ColumnTransformer keeps what it was given.
bool AllowedOfPandas(std::string_view name) {
  return IsOneOf(name, {"_new_Index", "Index", "RangeIndex", "StringArray", "StringDtype",
                        "CategoricalDtype", "__pyx_unpickle_NDArrayBacked"});
}

bool AllowedOfPython(std::string_view module, std::string_view name) {
  if (module == "builtins" || module == "__builtin__")
    return IsOneOf(
        name, {"object", "set", "frozenset", "list", "dict", "tuple", "int", "long", "float", "str",
               "unicode", "bytes", "bytearray", "bool", "complex", "slice", "range", "xrange",
               // classes that searches of scikit-learn before 0.22 keep beside their results
               "FutureWarning", "DeprecationWarning"});
  if (module == "collections") return IsOneOf(name, {"OrderedDict", "defaultdict", "Counter"});
  if (module == "copyreg" || module == "copy_reg")
    return IsOneOf(name, {"_reconstructor", "__newobj__", "__newobj_ex__"});
  if (module == "_codecs") return name == "encode";
  if (module == "functools") return name == "partial";
  // Where results of fitting were kept: the parameter `memory`, a cached score function.
  if (module == "joblib.memory") return IsOneOf(name, {"Memory", "MemorizedFunc"});
  if (module == "joblib._store_backends") return name == "FileSystemStoreBackend";
  if (module == "joblib.numpy_pickle" || module == "joblib.numpy_pickle_compat")
    return IsOneOf(name, {"NumpyArrayWrapper", "NDArrayWrapper", "ZNDArrayWrapper"});
  return false;
}

/// Python's own modules: what they hold is no model, and most of it acts when it is called.
bool IsOfPython(std::string_view top) {
  return IsOneOf(top, {"builtins", "__builtin__", "os",         "posix",
                       "nt",       "sys",         "subprocess", "importlib",
                       "runpy",    "pty",         "shutil",     "socket",
                       "ctypes",   "code",        "codecs",     "operator",
                       "pickle",   "marshal",     "types",      "webbrowser",
                       "urllib",   "http",        "tempfile",   "pathlib",
                       "io",       "_io",         "threading",  "multiprocessing",
                       "asyncio",  "signal",      "platform",   "pdb",
                       "bdb",      "timeit",      "cProfile",   "profile",
                       "commands", "pip",         "copyreg",    "functools",
                       "itertools"});
}

}  // namespace

bool AllowedInScikitLearn(std::string_view module, std::string_view name) {
  const std::string_view top = TopPackage(module);
  if (top == "sklearn") return AllowedOfScikitLearn(module, name);
  if (top == "numpy") return AllowedOfNumpy(module, name);
  if (top == "scipy") return AllowedOfScipy(module, name);
  if (top == "pandas") return AllowedOfPandas(name);
  if (IsOneOf(top, {"xgboost", "lightgbm", "catboost"})) return AllowedOfBoosters(module, name);
  return AllowedOfPython(module, name);
}

namespace sklearn {
namespace {

Status Explain(const pickle::GlobalUse& global) {
  const std::string what =
      fmt::format("byte {}: names {}.{}", global.offset, global.module, global.name);
  const std::string_view top = TopPackage(global.module);
  if (IsOfPython(top))
    return Error(Reason::kBadModel,
                 "{}, which no fitted estimator needs and which Python would call or hand out when "
                 "it loads the file: do not load it with Python",
                 what);
  if (IsOneOf(top, {"sklearn", "numpy", "scipy", "pandas"}))
    return Error(Reason::kUnsupported, "{}, which is not among what a fitted estimator may hold",
                 what);
  return Error(
      Reason::kUnsupported,
      "{}, which is not scikit-learn's: of a class or function the file holds the "
      "name and the attributes, never the code, so it runs only where {} is importable. Save "
      "the fitted scikit-learn estimators inside it (pickle.dump(model.estimator, file)), "
      "replace own functions by scikit-learn's transformers, or export to ONNX",
      what, top == "__main__" ? "the script that wrote it" : top);
}

}  // namespace

Status CheckGlobals(const pickle::Document& document) {
  for (const pickle::GlobalUse& global : document.globals())
    if (!AllowedInScikitLearn(global.module, global.name)) return Explain(global);
  return OkStatus();
}

}  // namespace sklearn
}  // namespace slipway::importing
