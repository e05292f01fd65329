# What train/CMakeLists.txt takes from this folder.
set(TRAIN_PREPROCESSING_SOURCES)
set(TRAIN_PREPROCESSING_TESTS)
