#pragma once
#include <string>
#include <vector>

#include "io/testing/temporary_folder.h"
#include "repository/repository.h"

namespace slipway::repository {

/// A folder to fill and to scan.
class RepositoryTest : public ::testing::Test {
 protected:
  std::vector<FoundModel> Scan() const { return Scan(root_.path()); }
  static std::vector<FoundModel> Scan(const std::string& path) {
    auto source = OpenSource(path);
    EXPECT_TRUE(source.ok()) << source.status();
    auto models = (*source)->Scan();
    EXPECT_TRUE(models.ok()) << models.status();
    return *std::move(models);
  }
  FoundModel Only() const {
    auto models = Scan();
    EXPECT_EQ(models.size(), 1u);
    return models.at(0);
  }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const FoundModel& model : Scan()) names.push_back(model.name.str());
    return names;
  }
  static std::vector<int64_t> Numbers(const FoundModel& model) {
    std::vector<int64_t> numbers;
    for (const FoundVersion& version : model.versions) numbers.push_back(version.number.value);
    return numbers;
  }

  io::TemporaryFolder root_;
};

}  // namespace slipway::repository
