# What train/CMakeLists.txt takes from this folder.
set(TRAIN_TREES_SOURCES)
set(TRAIN_TREES_TESTS)
