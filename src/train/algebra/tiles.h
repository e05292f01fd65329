#pragma once
#include <cstddef>
#include <vector>

namespace slipway::train {

/// What multiplies a tile of a product, for one class of processors.
template <typename T>
struct TileKernel {
  /// The tile of c that a panel of a [depth, rows] and one of b [depth, columns] make, both filled
  /// up with zeros; only the rows and columns of the tile that exist are written.
  using Function = void (*)(size_t depth, const T* a, const T* b, T* c, size_t stride, size_t rows,
                            size_t columns, bool add);
  size_t rows, columns;  // of a tile, at most
  Function run;
};

/// Those that this processor runs, the best first: of float and double.
template <typename T>
std::vector<TileKernel<T>> AvailableTiles();

}  // namespace slipway::train
