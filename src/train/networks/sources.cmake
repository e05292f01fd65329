# What train/CMakeLists.txt takes from this folder.
set(TRAIN_NETWORKS_SOURCES
  networks/backpropagation.cc networks/checkpoint.cc networks/network.cc networks/network_kind.cc
  networks/optimiser.cc networks/training.cc)
set(TRAIN_NETWORKS_TESTS networks/backpropagation_test.cc networks/training_test.cc)
# Loops over lanes are vectorised; roots need no errno.
set_source_files_properties(networks/backpropagation.cc networks/optimiser.cc networks/training.cc PROPERTIES
  COMPILE_OPTIONS "-O3;-ffp-contract=fast;-fno-math-errno" SKIP_PRECOMPILE_HEADERS ON)
