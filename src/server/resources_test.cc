#include "server/resources.h"

#include <sys/resource.h>

#include <filesystem>
#include <fstream>

namespace slipway::server {
namespace {

struct FakeMachine {
  std::filesystem::path root = std::filesystem::path(::testing::TempDir()) /
                               ::testing::UnitTest::GetInstance()->current_test_info()->name();
  FakeMachine() { Write("proc/meminfo", "MemTotal:       24000000 kB\nMemFree: 1 kB\n"); }
  ~FakeMachine() { std::filesystem::remove_all(root); }
  void Write(const std::string& path, const std::string& text) {
    std::filesystem::create_directories((root / path).parent_path());
    std::ofstream(root / path) << text;
  }
};

TEST(ResourcesTest, WithoutContainerTheMachineCounts) {
  const FakeMachine machine;
  const Resources found = DetectResources(machine.root);
  EXPECT_EQ(found.memory_bytes, 24000000ull * 1024);
  EXPECT_EQ(found.memory_from, "machine");
  EXPECT_EQ(found.processors_from, "affinity");
}

TEST(ResourcesTest, ALimitOfTheAddressSpaceCounts) {
  const FakeMachine machine;
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_AS, &before), 0);
  rlimit limited = before;
  limited.rlim_cur = rlim_t{20} << 30;
  ASSERT_EQ(setrlimit(RLIMIT_AS, &limited), 0);
  const Resources found = DetectResources(machine.root);
  ASSERT_EQ(setrlimit(RLIMIT_AS, &before), 0);
  EXPECT_EQ(found.memory_bytes, size_t{20} << 30);
  EXPECT_EQ(found.memory_from, "address space");
}

TEST(ResourcesTest, TheTightestGroupOnThePathCounts) {
  FakeMachine machine;
  machine.Write("proc/self/cgroup", "0::/pod/app\n");
  machine.Write("sys/fs/cgroup/cpu.max", "max 100000\n");
  machine.Write("sys/fs/cgroup/pod/cpu.max", "50000 100000\n");
  machine.Write("sys/fs/cgroup/pod/memory.max", "536870912\n");
  machine.Write("sys/fs/cgroup/pod/app/memory.max", "1073741824\n");
  const Resources found = DetectResources(machine.root);
  EXPECT_EQ(found.processors, 1);
  EXPECT_EQ(found.memory_bytes, 536870912u);
  EXPECT_EQ(found.memory_from, "cgroup");
}

TEST(ResourcesTest, OlderContainersHaveOtherFiles) {
  FakeMachine machine;
  machine.Write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "100000\n");
  machine.Write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  machine.Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "268435456\n");
  const Resources found = DetectResources(machine.root);
  EXPECT_EQ(found.processors, 1);
  EXPECT_EQ(found.memory_bytes, 268435456u);
}

TEST(ResourcesTest, OlderGroupsAreLookedForByController) {
  FakeMachine machine;
  machine.Write("proc/self/cgroup", "5:memory:/jobs/one\n4:cpu,cpuacct:/jobs/two\n0::/\n");
  machine.Write("sys/fs/cgroup/memory/jobs/memory.limit_in_bytes", "268435456\n");
  machine.Write("sys/fs/cgroup/memory/jobs/two/memory.limit_in_bytes", "4096\n");
  machine.Write("sys/fs/cgroup/cpu/jobs/two/cpu.cfs_quota_us", "100000\n");
  machine.Write("sys/fs/cgroup/cpu/jobs/two/cpu.cfs_period_us", "100000\n");
  const Resources found = DetectResources(machine.root);
  EXPECT_EQ(found.processors, 1);
  EXPECT_EQ(found.memory_bytes, 268435456u);
}

}  // namespace
}  // namespace slipway::server
