# What train/CMakeLists.txt takes from this folder.
set(TRAIN_NETWORKS_SOURCES)
set(TRAIN_NETWORKS_TESTS)
