# What train/CMakeLists.txt takes from this folder.
set(TRAIN_LINEAR_SOURCES)
set(TRAIN_LINEAR_TESTS)
