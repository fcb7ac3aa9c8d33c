// Rules of single types that a table of properties cannot say: which properties need or exclude each other.
#pragma once

#include "stix/types.h"

namespace tocsin::stix {

void check_external_reference(Checker& checker, NodeIndex object);
void check_granular_marking(Checker& checker, NodeIndex object);
void check_indicator(Checker& checker, NodeIndex object);
void check_location(Checker& checker, NodeIndex object);
void check_malware(Checker& checker, NodeIndex object);
void check_malware_analysis(Checker& checker, NodeIndex object);
void check_observed_data(Checker& checker, NodeIndex object);
void check_relationship(Checker& checker, NodeIndex object);
void check_artifact(Checker& checker, NodeIndex object);
void check_email_message(Checker& checker, NodeIndex object);
void check_mime_part(Checker& checker, NodeIndex object);
void check_file(Checker& checker, NodeIndex object);
void check_network_traffic(Checker& checker, NodeIndex object);
void check_http_request(Checker& checker, NodeIndex object);
void check_socket(Checker& checker, NodeIndex object);
void check_marking_definition(Checker& checker, NodeIndex object);
void check_extension_definition(Checker& checker, NodeIndex object);
void check_language_content(Checker& checker, NodeIndex object);

}  // namespace tocsin::stix
