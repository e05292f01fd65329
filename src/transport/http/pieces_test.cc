#include "transport/http/pieces.h"

#include <array>

namespace slipway::http {
namespace {

std::span<const std::byte> Bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string Listed(const Pieces& pieces, size_t at_once = 16) {
  std::array<iovec, 16> list;
  std::string text;
  const size_t filled = pieces.List(std::span(list).first(at_once));
  for (size_t i = 0; i < filled; ++i)
    text.append(static_cast<const char*>(list[i].iov_base), list[i].iov_len).append("|");
  return text;
}

TEST(PiecesTest, TheRestIsTheSameWhereverItIsCut) {
  const std::vector<BodyPart> parts = {{Bytes(""), {}}, {Bytes("part"), {}}, {Bytes("s"), {}}};
  const std::string whole = "headbodyparts";
  for (size_t cut = 0; cut <= whole.size(); ++cut) {
    Pieces pieces("head", "body", parts);
    ASSERT_EQ(pieces.left(), whole.size());
    pieces.Advance(cut);
    EXPECT_EQ(pieces.left(), whole.size() - cut);
    EXPECT_EQ(pieces.unsent_head(), cut < 4 ? "head" : "");
    std::string rest = Listed(pieces);
    std::erase(rest, '|');
    EXPECT_EQ(rest, whole.substr(cut));
    std::string taken;
    while (!pieces.empty()) pieces.Take(std::min<size_t>(pieces.left(), 3), taken);
    EXPECT_EQ(taken, whole.substr(cut));
  }
}

TEST(PiecesTest, WhatIsEmptyIsNotListed) {
  const std::vector<BodyPart> parts = {{Bytes("a"), {}}, {Bytes(""), {}}, {Bytes("b"), {}}};
  EXPECT_EQ(Listed(Pieces("", "body", parts)), "body|a|b|");
  EXPECT_EQ(Listed(Pieces("head", "", parts), 2), "head|a|");
  EXPECT_TRUE(Pieces().empty());
  EXPECT_TRUE(Pieces("", "", std::span(parts).subspan(1, 1)).empty());
}

TEST(PiecesTest, AHeadMayMoveWhileItIsSent) {
  Pieces pieces("head", "body");
  pieces.Advance(2);
  const std::string kept(pieces.unsent_head());
  pieces.MoveHead(kept);
  EXPECT_EQ(Listed(pieces), "ad|body|");
}

}  // namespace
}  // namespace slipway::http
