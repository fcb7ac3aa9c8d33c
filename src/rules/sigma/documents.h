// One reader for each kind of Sigma document. The result counts only if `problems` did not fail.
#pragma once

#include "rules/sigma/loader.h"
#include "rules/sigma/problems.h"

namespace tocsin::rules::sigma {

Rule read_rule(const wire::Yaml& document, const Placeholders& placeholders, Problems& problems);
CorrelationDraft read_correlation(const wire::Yaml& document, Problems& problems);
Filter read_filter(const wire::Yaml& document, const Placeholders& placeholders, Problems& problems);

}  // namespace tocsin::rules::sigma
