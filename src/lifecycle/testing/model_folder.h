#pragma once
// A source of models that a test rearranges at will; the model files are real ones in a temporary
// folder.

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "engine/testing/fake_engine.h"
#include "repository/repository.h"

namespace slipway::testing {

/// Threads: any; the sources it hands out look at it as it is then.
class ModelFolder {
 public:
  explicit ModelFolder(std::filesystem::path folder) : folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
  }
  ~ModelFolder() { std::filesystem::remove_all(folder_); }

  const std::filesystem::path& path() const { return folder_; }

  /// Puts version `number` there, with new content: its answers are x + add.
  void Put(const std::string& model, int64_t number, int64_t add) {
    Put(model, number, FakeModel{.add = add});
  }
  void Put(const std::string& model, int64_t number, const FakeModel& content) {
    const std::string path =
        folder_ / (model + "." + std::to_string(number) + "." + std::to_string(++stamp_) + ".onnx");
    std::ofstream(path, std::ios::binary) << content.Serialize();
    models_.With([&](auto& models) {
      auto& found = models.try_emplace(model, Empty(model)).first->second;
      std::erase_if(found.versions, [&](const auto& v) { return v.number.value == number; });
      found.versions.push_back({{number}, path, "", stamp_});
      std::ranges::sort(found.versions, {}, &repository::FoundVersion::number);
    });
  }
  void Remove(const std::string& model) {
    models_.With([&](auto& models) { models.erase(model); });
  }
  void Remove(const std::string& model, int64_t number) {
    Change(model, [&](auto& found) {
      std::erase_if(found.versions, [&](const auto& v) { return v.number.value == number; });
    });
  }
  /// `change` gets the repository::FoundModel.
  template <typename F>
  void Change(const std::string& model, F&& change) {
    models_.With([&](auto& models) { change(models.at(model)); });
  }

  std::vector<std::unique_ptr<repository::Source>> Sources() {
    std::vector<std::unique_ptr<repository::Source>> sources;
    sources.push_back(std::make_unique<View>(*this));
    return sources;
  }

 private:
  static repository::FoundModel Empty(const std::string& model) {
    return {.name = *ModelName::Parse(model)};
  }

  class View final : public repository::Source {
   public:
    explicit View(const ModelFolder& folder) : folder_(folder), path_(folder.folder_) {}
    StatusOr<std::vector<repository::FoundModel>> Scan() const override {
      return folder_.models_.With([](const auto& models) {
        std::vector<repository::FoundModel> found;
        for (const auto& [name, model] : models) found.push_back(model);
        return found;
      });
    }
    const std::string& path() const override { return path_; }

   private:
    const ModelFolder& folder_;
    std::string path_;
  };

  std::filesystem::path folder_;
  uint64_t stamp_ = 0;
  Guarded<std::map<std::string, repository::FoundModel>> models_;
};

}  // namespace slipway::testing
