#include "import/sklearn/registry.h"

#include <gtest/gtest.h>

#include <set>

#include "import/sklearn/sklearn.h"

namespace slipway::importing::sklearn {
namespace {

TEST(RegistryTest, AClassIsFoundInEveryModuleThatEverHeldIt) {
  for (const std::string_view module :
       {"sklearn.linear_model._logistic", "sklearn.linear_model.logistic", "sklearn.linear_model"})
    EXPECT_NE(FindEstimator(module, "LogisticRegression"), nullptr) << module;
  for (const std::string_view module : {"sklearn.linear_models", "sklearn", "linear_model", ""})
    EXPECT_EQ(FindEstimator(module, "LogisticRegression"), nullptr) << module;
}

TEST(RegistryTest, NoClassStandsTwice) {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const SupportedEstimator& row : SupportedEstimators())
    EXPECT_TRUE(seen.insert({row.package, row.name}).second) << row.name;
}

TEST(RegistryTest, EverySupportedClassIsAllowedInAPickle) {
  for (const SupportedEstimator& row : SupportedEstimators())
    EXPECT_TRUE(AllowedInScikitLearn(row.package, row.name)) << row.name;
}

TEST(RegistryTest, WhatActsWhenItIsCalledIsNotAllowed) {
  constexpr std::pair<std::string_view, std::string_view> kGlobals[] = {
      {"posix", "system"},
      {"builtins", "eval"},
      {"builtins", "getattr"},
      {"numpy", "load"},
      {"numpy.testing._private.utils", "runstring"},
      {"joblib", "load"},
      {"__main__", "MyModel"},
      {"sklearn.utils._testing", "SkipTest"},
      {"sklearn.externals.joblib", "Parallel"},
      {"sklearnx.svm", "SVC"},
  };
  for (const auto& [module, name] : kGlobals)
    EXPECT_FALSE(AllowedInScikitLearn(module, name)) << module << "." << name;
}

}  // namespace
}  // namespace slipway::importing::sklearn
