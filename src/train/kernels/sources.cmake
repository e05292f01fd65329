# What train/CMakeLists.txt takes from this folder.
set(TRAIN_KERNELS_SOURCES)
set(TRAIN_KERNELS_TESTS)
