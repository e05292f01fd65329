#pragma once
// The columns of a file, from the schema in its footer.

#include "data/parquet/footer.h"
#include "data/parquet/thrift.h"

namespace slipway::data::parquet {

/// @param field  FileMetaData's list of SchemaElements, of `thrift`.
/// @return the columns in order, those of pandas' nameless index too; kBadRequest, kUnsupported.
StatusOr<std::vector<ColumnSchema>> ReadSchema(ThriftReader& thrift,
                                               const ThriftReader::Field& field);

}  // namespace slipway::data::parquet
