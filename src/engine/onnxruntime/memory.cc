#include "engine/onnxruntime/memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdlib>
#include <new>
#include <utility>

#include "base/huge_pages.h"

namespace slipway::onnxruntime {
namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kPage = 4096;
// A block of up to four times the size will do: few blocks that are warm in the cache do better
// than one of each size (MobileNetV2: 2 %).
constexpr size_t kLargerShelves = 8;
constexpr auto kTrimPeriod = std::chrono::seconds(1);

thread_local Memory::Run* current_run = nullptr;

size_t RoundUp(size_t bytes, size_t step) { return (bytes + step - 1) / step * step; }

/// The size of the smallest shelf whose blocks have `bytes`, and its number.
std::pair<size_t, size_t> ShelfFor(size_t bytes) {
  const size_t octave = std::bit_width(bytes) - 1;
  const size_t rounded = FillHugePages(RoundUp(bytes, size_t{1} << (octave - 2)));
  const size_t high = std::bit_width(rounded) - 1;
  return {rounded, 4 * (high - 16) + ((rounded >> (high - 2)) & 3)};
}

}  // namespace

/// Stands before the data of every block.
struct Memory::Block {
  void* start;
  size_t mapped;  // bytes from `start` on; 0: malloc's
  size_t size;    // that was asked for
  Block* next;    // on its shelf
  bool kept;      // goes to its shelf when it is freed
  bool charged;   // to a run

  std::byte* data() { return reinterpret_cast<std::byte*>(this + 1); }
  static Block* Of(void* data) { return static_cast<Block*>(data) - 1; }

  static Block* PlaceAt(void* start, size_t mapped) {
    const auto data = RoundUp(reinterpret_cast<uintptr_t>(start) + sizeof(Block), kAlignment);
    return new (reinterpret_cast<void*>(data - sizeof(Block)))
        Block{.start = start, .mapped = mapped};
  }
  static Block* Malloc(size_t size) {
    void* const start = std::malloc(size + kOverhead);
    if (start == nullptr) throw std::bad_alloc();
    return PlaceAt(start, 0);
  }
  static Block* Map(size_t bytes) {
    void* const start = bytes < kHugePageBytes ? MapSmallPages(bytes) : MapHugePages(bytes);
    if (start == nullptr) throw std::bad_alloc();
    return PlaceAt(start, bytes);
  }
  static void* MapSmallPages(size_t bytes) {
    void* const start =
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return start == MAP_FAILED ? nullptr : start;
  }
  static void Release(Block* chain) {
    while (chain != nullptr) {
      Block* const next = chain->next;
      if (chain->mapped == 0)
        std::free(chain->start);
      else
        munmap(chain->start, chain->mapped);
      chain = next;
    }
  }
  static constexpr size_t kOverhead = 48 + kAlignment;
};

// ---- one run

Memory::Run::Run(const MemoryLimits& limits)
    : limits_(limits), outer_(std::exchange(current_run, this)) {}

Memory::Run::~Run() { current_run = outer_; }

void Memory::Run::Refund(size_t bytes) { used_ -= std::min(bytes, used_); }

bool Memory::Run::Charge(size_t bytes) {
  if (bytes > limits_.run_bytes - used_) {
    refused_ = Limit::kRun;
    return false;
  }
  used_ += bytes;
  return true;
}

Status Memory::Run::Refusal() const {
  switch (refused_) {
    case Limit::kNone:
      return OkStatus();
    case Limit::kRun:
      return Error(Reason::kTooLarge, "the run needs more than the {} bytes of memory it may take",
                   limits_.run_bytes);
    case Limit::kAllRuns:
      return Error(Reason::kOverloaded,
                   "the runs in progress have taken the {} bytes of memory that all may take",
                   limits_.all_runs_bytes);
  }
  return OkStatus();
}

// ---- the allocator

StatusOr<std::unique_ptr<Memory>> Memory::Create(OrtEnv& env) {
  OrtMemoryInfo* info = nullptr;
  RETURN_IF_ORT_ERROR(Api().CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, &info));
  std::unique_ptr<Memory> memory(new Memory(env, Owned<OrtMemoryInfo>(info)));
  RETURN_IF_ORT_ERROR(Api().RegisterAllocator(&env, memory->allocator()));
  return memory;
}

Memory::Memory(OrtEnv& env, Owned<OrtMemoryInfo> info)
    : env_(env), info_(std::move(info)), trimmer_([this] {
        while (WaitToTrim()) Trim();
      }) {
  callbacks_.version = ORT_API_VERSION;
  callbacks_.memory = this;
  callbacks_.Alloc = [](OrtAllocator* self, size_t size) {
    return static_cast<Callbacks*>(self)->memory->Allocate(size);
  };
  callbacks_.Reserve = [](OrtAllocator* self, size_t size) {
    return static_cast<Callbacks*>(self)->memory->Reserve(size);
  };
  callbacks_.Free = [](OrtAllocator* self, void* data) {
    static_cast<Callbacks*>(self)->memory->Free(data);
  };
  callbacks_.Info = [](const OrtAllocator* self) -> const OrtMemoryInfo* {
    return static_cast<const Callbacks*>(self)->memory->info_.get();
  };
}

Memory::~Memory() {
  const Owned<OrtStatus> ignored(Api().UnregisterAllocator(&env_, info_.get()));
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    changed_.notify_one();
  }
  trimmer_.join();
  ReleaseIdle();
}

void* Memory::Allocate(size_t size) {
  Run* const run = current_run;
  if (size > MemoryLimits::kNone || (run != nullptr && !run->Charge(size))) throw std::bad_alloc();
  Block* const block = size < kLargeBytes ? Block::Malloc(size) : AllocateLarge(size, run);
  block->size = size;
  block->charged = run != nullptr;
  return block->data();
}

Memory::Block* Memory::AllocateLarge(size_t size, Run* run) {
  const auto [bytes, index] = ShelfFor(size + Block::kOverhead);
  const size_t limit = run != nullptr ? run->limits_.all_runs_bytes : MemoryLimits::kNone;
  Block* idle = nullptr;
  bool fits = true;
  {
    MutexLock lock(mutex_);
    for (size_t i = index; i <= index + kLargerShelves; ++i)
      if (shelves_[i].count > 0) return TakeWarmest(shelves_[i]);
    if (held_bytes_ + bytes > limit) idle = Discard(&Shelf::count);
    fits = held_bytes_ + bytes <= limit;
    if (fits) held_bytes_ += bytes;
  }
  Block::Release(idle);
  if (!fits) {
    run->refused_ = Run::Limit::kAllRuns;
    throw std::bad_alloc();
  }
  try {
    Block* const block = Block::Map(bytes);
    block->kept = true;
    return block;
  } catch (const std::bad_alloc&) {
    MutexLock lock(mutex_);
    held_bytes_ -= bytes;
    throw;
  }
}

void* Memory::Reserve(size_t size) {
  if (size > MemoryLimits::kNone) throw std::bad_alloc();
  if (size < kLargeBytes) return Block::Malloc(size)->data();
  return Block::Map(FillHugePages(RoundUp(size + Block::kOverhead, kPage)))->data();
}

void Memory::Free(void* data) {
  if (data == nullptr) return;
  Block* const block = Block::Of(data);
  if (block->charged && current_run != nullptr) current_run->Refund(block->size);
  if (!block->kept) return Block::Release(block);
  MutexLock lock(mutex_);
  Shelf& shelf = shelves_[ShelfFor(block->mapped).second];
  block->next = std::exchange(shelf.top, block);
  ++shelf.count;
  ++idle_blocks_;
  if (std::exchange(trimmer_waits_, false)) changed_.notify_one();
}

// ---- giving back

Memory::Block* Memory::TakeWarmest(Shelf& shelf) {
  --idle_blocks_;
  shelf.fewest = std::min(shelf.fewest, --shelf.count);
  return std::exchange(shelf.top, shelf.top->next);
}

Memory::Block* Memory::Discard(size_t Shelf::* how_many) {
  Block* chain = nullptr;
  for (Shelf& shelf : shelves_) {
    Block** coldest = &shelf.top;
    for (size_t kept = shelf.count - shelf.*how_many; kept > 0; --kept) coldest = &(*coldest)->next;
    while (*coldest != nullptr) {
      Block* const block = std::exchange(*coldest, (*coldest)->next);
      block->next = std::exchange(chain, block);
      held_bytes_ -= block->mapped;
      --shelf.count;
      --idle_blocks_;
    }
    shelf.fewest = shelf.count;
  }
  return chain;
}

void Memory::Trim() {
  Block* unneeded = nullptr;
  {
    MutexLock lock(mutex_);
    unneeded = Discard(&Shelf::fewest);
  }
  Block::Release(unneeded);
}

void Memory::ReleaseIdle() {
  Block* idle = nullptr;
  {
    MutexLock lock(mutex_);
    idle = Discard(&Shelf::count);
  }
  Block::Release(idle);
}

bool Memory::WaitToTrim() {
  MutexLock lock(mutex_);
  trimmer_waits_ = idle_blocks_ == 0;
  while (trimmer_waits_ && !stopping_) lock.Wait(changed_);
  const auto until = std::chrono::steady_clock::now() + kTrimPeriod;
  while (!stopping_ && std::chrono::steady_clock::now() < until) lock.WaitUntil(changed_, until);
  return !stopping_;
}

size_t Memory::held_bytes() const {
  MutexLock lock(mutex_);
  return held_bytes_;
}

}  // namespace slipway::onnxruntime
