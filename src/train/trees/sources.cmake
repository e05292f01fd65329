# What train/CMakeLists.txt takes from this folder.
set(TRAIN_TREES_SOURCES
    trees/bins.cc
    trees/boosted.cc
    trees/boosting.cc
    trees/gain.cc
    trees/grower.cc
    trees/histogram.cc
    trees/loss.cc
    trees/tree.cc)
set(TRAIN_TREES_TESTS
    trees/bins_test.cc
    trees/boosting_test.cc)
