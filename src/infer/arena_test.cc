#include "infer/arena.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace slipway {
namespace {

std::span<std::byte> Filled(std::span<std::byte> piece, std::byte with) {
  std::ranges::fill(piece, with);
  return piece;
}

bool Holds(std::span<const std::byte> piece, size_t count, std::byte value) {
  return std::all_of(piece.begin(), piece.begin() + count, [&](std::byte b) { return b == value; });
}

TEST(ArenaTest, TheLastPieceGrowsInPlaceWhileTheBlockHasRoom) {
  Arena arena;
  const auto piece = Filled(arena.Allocate(100), std::byte{7});
  const auto grown = arena.Grow(piece, 100, 4096);
  EXPECT_EQ(grown.data(), piece.data());
  EXPECT_EQ(grown.size(), 4096u);
  EXPECT_GE(arena.Allocate(64).data(), grown.data() + grown.size());
}

TEST(ArenaTest, APieceThatCannotStayIsCopied) {
  Arena arena;
  const auto first = Filled(arena.Allocate(100), std::byte{1});
  const auto second = Filled(arena.Allocate(100), std::byte{2});
  const auto grown = arena.Grow(first, 60, 200);  // not the last
  EXPECT_NE(grown.data(), first.data());
  EXPECT_TRUE(Holds(grown, 60, std::byte{1}));
  const auto large = arena.Grow(grown, 60, Arena::kBlockBytes + 1);   // beyond the block
  const auto larger = arena.Grow(large, 60, 3 * Arena::kBlockBytes);  // from memory of its own
  EXPECT_TRUE(Holds(larger, 60, std::byte{1}));
  EXPECT_TRUE(Holds(second, 100, std::byte{2}));
}

TEST(ArenaTest, NothingGrowsIntoAFirstPiece) {
  Arena arena;
  EXPECT_EQ(arena.Grow({}, 0, 64).size(), 64u);
}

TEST(ArenaTest, GrownPiecesNeverOverlap) {
  Arena arena;
  std::vector<std::span<std::byte>> pieces(5);
  for (size_t size = 1; size < 100'000; size = size * 3 / 2 + 1) {
    for (size_t i = 0; i < pieces.size(); ++i) {
      const size_t used = pieces[i].size();
      pieces[i] = arena.Grow(pieces[i], used, size + i);
      EXPECT_TRUE(Holds(pieces[i], used, std::byte(i)));
      Filled(pieces[i], std::byte(i));
    }
  }
  for (size_t i = 0; i < pieces.size(); ++i)
    EXPECT_TRUE(Holds(pieces[i], pieces[i].size(), std::byte(i)));
}

}  // namespace
}  // namespace slipway
