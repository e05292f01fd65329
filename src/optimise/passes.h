#pragma once
// The passes there are; a pass's file says what it does.

#include "optimise/pass.h"

namespace slipway::optimise {

Pass FoldConstants();    // graph/fold_constants.cc
Pass DropNoOps();        // graph/drop_no_ops.cc
Pass MergeEqual();       // graph/merge_equal.cc
Pass FuseBatchNorm();    // graph/fuse_batch_norm.cc
Pass FusePad();          // graph/fuse_pad.cc
Pass FuseScale();        // graph/fuse_scale.cc
Pass FuseGemm();         // graph/fuse_gemm.cc
Pass DropDeadCode();     // graph/drop_dead_code.cc
Pass MergeLeaves();      // prune/leaves.cc
Pass DropTrees();        // prune/drop_trees.cc
Pass PruneUnits();       // prune/units.cc
Pass PruneWeights();     // prune/weights.cc
Pass PruneNetwork();     // prune/network.cc
Pass QuantiseStatic();   // quantise/static.cc
Pass QuantiseDynamic();  // quantise/dynamic.cc
Pass QuantiseWeights();  // quantise/weights.cc
Pass HalfPrecision();    // quantise/half.cc

}  // namespace slipway::optimise
