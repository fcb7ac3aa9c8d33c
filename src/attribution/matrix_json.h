// The claim matrix as one JSON document (docs/claims.md).
#pragma once

#include "attribution/matrix.h"
#include "wire/json.h"

namespace tocsin::attribution {

void write_matrix(const Record& record, const Matrix& matrix, wire::JsonWriter& json);

}  // namespace tocsin::attribution
