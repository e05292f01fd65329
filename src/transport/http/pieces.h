#pragma once
// An answer on its way out: a head, a body and its parts, each sent from where it lies.

#include <sys/uio.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "transport/http/message.h"

namespace slipway::http {

/// What is left of it. What it was made of stays as it is, and where, as long as that is read.
class Pieces {
 public:
  Pieces() = default;
  explicit Pieces(std::string_view head, std::string_view body = {},
                  std::span<const BodyPart> parts = {});

  /// In bytes.
  size_t left() const { return left_; }
  bool empty() const { return left_ == 0; }

  /// Passes over the next `bytes`, at most left().
  void Advance(size_t bytes);
  /// The same, and appends them to `out`.
  void Take(size_t bytes, std::string& out);
  /// Fills `list` from its begin with what comes next. @return how many of it were filled.
  size_t List(std::span<iovec> list) const;

  /// The head, when not all of it has been passed over; else "".
  std::string_view unsent_head() const { return at_ == 0 ? head_ : std::string_view(); }
  /// It lies elsewhere from now on.
  void MoveHead(std::string_view head) { head_ = head; }

 private:
  size_t count() const { return 2 + parts_.size(); }
  std::string_view At(size_t index) const;

  std::string_view head_, body_;
  std::span<const BodyPart> parts_;
  size_t at_ = 0;      // 0 the head, 1 the body, then the parts
  size_t offset_ = 0;  // in that piece
  size_t left_ = 0;
};

}  // namespace slipway::http
