# What train/CMakeLists.txt takes from this folder.
set(TRAIN_SELECTION_SOURCES)
set(TRAIN_SELECTION_TESTS)
