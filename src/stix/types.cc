#include "stix/types.h"

#include <array>

#include "stix/type_rules.h"
#include "stix/value_syntax.h"
#include "stix/vocabularies.h"

namespace tocsin::stix {
namespace {

using enum ValueKind;
using enum ObjectKind;
using Properties = std::span<const Property>;

constexpr double max_count = 999'999'999;

constexpr Property of(std::string_view name, ValueKind kind) { return {.name = name, .kind = kind}; }
constexpr Property text(std::string_view name) { return of(name, string); }
constexpr Property flag(std::string_view name) { return of(name, boolean); }
constexpr Property moment(std::string_view name) { return of(name, timestamp); }
constexpr Property whole(std::string_view name, double least = -9007199254740991.0, double most = 9007199254740991.0) {
  return {.name = name, .kind = integer, .least = least, .most = most};
}
constexpr Property real(std::string_view name, double least, double most) {
  return {.name = name, .kind = number, .least = least, .most = most};
}
constexpr Property ref(std::string_view name, std::string_view types) {
  return {.name = name, .kind = identifier, .words = types};
}
constexpr Property open(std::string_view name, std::string_view words) {
  return {.name = name, .kind = open_vocabulary, .words = words};
}
constexpr Property closed(std::string_view name, std::string_view words) {
  return {.name = name, .kind = enumeration, .words = words};
}
constexpr Property form(std::string_view name, bool (*test)(std::string_view), std::string_view what) {
  return {.name = name, .kind = text_form, .words = what, .form = test};
}
constexpr Property advised(std::string_view name, bool (*test)(std::string_view), std::string_view what) {
  return {.name = name, .kind = text_form, .advice = true, .words = what, .form = test};
}
constexpr Property parts(std::string_view name, const Shape& shape) {
  return {.name = name, .kind = nested, .shape = &shape};
}
constexpr Property hex(std::string_view name) { return form(name, is_hex, "an even number of hexadecimal digits"); }
constexpr Property binary(std::string_view name) { return form(name, is_base64, "base64 (RFC 4648)"); }
constexpr Property uri(std::string_view name) { return form(name, is_uri, "an absolute URL (RFC 3986)"); }
constexpr Property charset(std::string_view name) {
  return form(name, is_charset, "a name of the IANA character set registry");
}

// ---- Parts (sections 2 and 6) ----

constexpr Property external_reference_properties[] = {text("source_name").needed(), text("description"), uri("url"),
                                                      of("hashes", hashes), text("external_id")};
constexpr Shape external_reference{.name = "external-reference",
                                   .properties = external_reference_properties,
                                   .rules = check_external_reference,
                                   .section = "2.5"};
constexpr Property kill_chain_phase_properties[] = {
    advised("kill_chain_name", is_lower_hyphen, "lower case with hyphens").needed(),
    advised("phase_name", is_lower_hyphen, "lower case with hyphens").needed()};
constexpr Shape kill_chain_phase{
    .name = "kill-chain-phase", .properties = kill_chain_phase_properties, .section = "2.11"};
constexpr Property granular_marking_properties[] = {form("lang", is_language, "a language tag (RFC 5646)"),
                                                    ref("marking_ref", "marking-definition"),
                                                    of("selectors", selectors).listed().needed()};
constexpr Shape granular_marking{.name = "granular-marking",
                                 .properties = granular_marking_properties,
                                 .rules = check_granular_marking,
                                 .section = "7.2.3"};

// ---- Common properties (section 3.2) ----

constexpr Property lang_property = form("lang", is_language, "a language tag (RFC 5646)");
constexpr Property common[] = {text("type").needed(),
                               closed("spec_version", vocabulary::spec_version).needed(),
                               ref("id", "*").needed(),
                               ref("created_by_ref", "identity"),
                               of("created", moment_of_version).needed(),
                               of("modified", moment_of_version).needed(),
                               flag("revoked"),
                               text("labels").listed(),
                               whole("confidence", 0, 100),
                               lang_property,
                               parts("external_references", external_reference).listed(),
                               ref("object_marking_refs", "marking-definition").listed(),
                               parts("granular_markings", granular_marking).listed(),
                               of("extensions", extensions)};
constexpr Property common_of_observables[] = {text("type").needed(),
                                              closed("spec_version", vocabulary::spec_version),
                                              ref("id", "*").needed(),
                                              ref("object_marking_refs", "marking-definition").listed(),
                                              parts("granular_markings", granular_marking).listed(),
                                              flag("defanged"),
                                              of("extensions", extensions)};
constexpr Property common_of_markings[] = {text("type").needed(),
                                           closed("spec_version", vocabulary::spec_version).needed(),
                                           ref("id", "*").needed(),
                                           ref("created_by_ref", "identity"),
                                           of("created", moment_of_version).needed(),
                                           parts("external_references", external_reference).listed(),
                                           ref("object_marking_refs", "marking-definition").listed(),
                                           parts("granular_markings", granular_marking).listed(),
                                           of("extensions", extensions)};
constexpr Property common_of_bundles[] = {text("type").needed(), ref("id", "*").needed()};

constexpr Order seen[] = {{"first_seen", "last_seen"}};

// ---- Domain objects (section 4) ----

constexpr Property phases = parts("kill_chain_phases", kill_chain_phase).listed();
constexpr Property name_needed = text("name").needed();
constexpr Property description = text("description");
constexpr Property aliases = text("aliases").listed();
constexpr Property object_refs = ref("object_refs", "*").listed().needed();

constexpr Property attack_pattern[] = {name_needed, description, aliases, phases};
constexpr Property campaign[] = {name_needed,          description,         aliases,
                                 moment("first_seen"), moment("last_seen"), text("objective")};
constexpr Property course_of_action[] = {name_needed, description};
constexpr Property grouping[] = {text("name"), description, open("context", vocabulary::grouping_context).needed(),
                                 object_refs};
constexpr Property identity[] = {name_needed,
                                 description,
                                 text("roles").listed(),
                                 open("identity_class", vocabulary::identity_class),
                                 open("sectors", vocabulary::industry_sector).listed(),
                                 text("contact_information")};
constexpr Property incident[] = {name_needed, description};
constexpr Property indicator[] = {text("name"),
                                  description,
                                  open("indicator_types", vocabulary::indicator_type).listed(),
                                  text("pattern").needed(),
                                  open("pattern_type", vocabulary::pattern_type).needed(),
                                  text("pattern_version"),
                                  moment("valid_from").needed(),
                                  moment("valid_until"),
                                  phases};
constexpr Order validity[] = {{"valid_from", "valid_until", true}};
constexpr Property infrastructure[] = {name_needed,
                                       description,
                                       open("infrastructure_types", vocabulary::infrastructure_type).listed(),
                                       aliases,
                                       phases,
                                       moment("first_seen"),
                                       moment("last_seen")};
constexpr Property intrusion_set[] = {name_needed,
                                      description,
                                      aliases,
                                      moment("first_seen"),
                                      moment("last_seen"),
                                      text("goals").listed(),
                                      open("resource_level", vocabulary::attack_resource_level),
                                      open("primary_motivation", vocabulary::attack_motivation),
                                      open("secondary_motivations", vocabulary::attack_motivation).listed()};
constexpr Property location[] = {text("name"),
                                 description,
                                 real("latitude", -90, 90),
                                 real("longitude", -180, 180),
                                 real("precision", 0, std::numeric_limits<double>::infinity()),
                                 open("region", vocabulary::region),
                                 advised("country", is_country, "an ISO 3166-1 ALPHA-2 code"),
                                 text("administrative_area"),
                                 text("city"),
                                 text("street_address"),
                                 text("postal_code")};
constexpr Property malware[] = {text("name"),
                                description,
                                open("malware_types", vocabulary::malware_type).listed(),
                                flag("is_family").needed(),
                                aliases,
                                phases,
                                moment("first_seen"),
                                moment("last_seen"),
                                ref("operating_system_refs", "software").listed(),
                                open("architecture_execution_envs", vocabulary::processor_architecture).listed(),
                                open("implementation_languages", vocabulary::implementation_language).listed(),
                                open("capabilities", vocabulary::malware_capability).listed(),
                                ref("sample_refs", "artifact file").listed()};
constexpr Property malware_analysis[] = {text("product").needed(),
                                         text("version"),
                                         ref("host_vm_ref", "software"),
                                         ref("operating_system_ref", "software"),
                                         ref("installed_software_refs", "software").listed(),
                                         text("configuration_version"),
                                         text("modules").listed(),
                                         text("analysis_engine_version"),
                                         text("analysis_definition_version"),
                                         moment("submitted"),
                                         moment("analysis_started"),
                                         moment("analysis_ended"),
                                         text("result_name"),
                                         open("result", vocabulary::malware_result),
                                         ref("analysis_sco_refs", "observable").listed(),
                                         ref("sample_ref", "file artifact network-traffic")};
constexpr Order analysis[] = {{"analysis_started", "analysis_ended"}};
constexpr Property note[] = {text("abstract"), text("content").needed(), text("authors").listed(), object_refs};
constexpr Property observed_data[] = {moment("first_observed").needed(), moment("last_observed").needed(),
                                      whole("number_observed", 1, max_count).needed(),
                                      of("objects", dictionary).outdated(),
                                      ref("object_refs", "observable relationship sighting").listed()};
constexpr Order observed[] = {{"first_observed", "last_observed"}};
constexpr Property opinion[] = {text("explanation"), text("authors").listed(),
                                closed("opinion", vocabulary::opinion).needed(), object_refs};
constexpr Property report[] = {name_needed, description, open("report_types", vocabulary::report_type).listed(),
                               moment("published").needed(), object_refs};
constexpr Property threat_actor[] = {name_needed,
                                     description,
                                     open("threat_actor_types", vocabulary::threat_actor_type).listed(),
                                     aliases,
                                     moment("first_seen"),
                                     moment("last_seen"),
                                     open("roles", vocabulary::threat_actor_role).listed(),
                                     text("goals").listed(),
                                     open("sophistication", vocabulary::threat_actor_sophistication),
                                     open("resource_level", vocabulary::attack_resource_level),
                                     open("primary_motivation", vocabulary::attack_motivation),
                                     open("secondary_motivations", vocabulary::attack_motivation).listed(),
                                     open("personal_motivations", vocabulary::attack_motivation).listed()};
constexpr Property tool[] = {name_needed, description, open("tool_types", vocabulary::tool_type).listed(),
                             aliases,     phases,      text("tool_version")};
constexpr Property vulnerability[] = {name_needed, description};

// ---- Relationship objects (section 5) ----

constexpr Property relationship_properties[] = {
    form("relationship_type", is_relationship_type, "lower-case letters, digits and hyphens").needed(),
    description,
    ref("source_ref", "domain observable").needed(),
    ref("target_ref", "domain observable").needed(),
    moment("start_time"),
    moment("stop_time")};
constexpr Order started[] = {{"start_time", "stop_time", true}};
constexpr Property sighting[] = {description,
                                 moment("first_seen"),
                                 moment("last_seen"),
                                 whole("count", 0, max_count),
                                 ref("sighting_of_ref", "domain").needed(),
                                 ref("observed_data_refs", "observed-data").listed(),
                                 ref("where_sighted_refs", "identity location").listed(),
                                 flag("summary")};

// ---- Extensions and parts of observables (section 6) ----

constexpr Property archive_ext[] = {ref("contains_refs", "file directory").listed().needed(), text("comment")};
constexpr Property data_stream[] = {text("name").needed(), of("hashes", hashes), whole("size", 0)};
constexpr Shape data_stream_shape{.name = "alternate-data-stream", .properties = data_stream, .section = "6.7.3.1"};
constexpr Property ntfs_ext[] = {text("sid"), parts("alternate_data_streams", data_stream_shape).listed()};
constexpr Property pdf_ext[] = {text("version"), flag("is_optimized"), of("document_info_dict", dictionary),
                                text("pdfid0"), text("pdfid1")};
constexpr Property raster_ext[] = {whole("image_height"), whole("image_width"), whole("bits_per_pixel"),
                                   of("exif_tags", dictionary)};
constexpr Property optional_header[] = {hex("magic_hex"),
                                        whole("major_linker_version"),
                                        whole("minor_linker_version"),
                                        whole("size_of_code", 0),
                                        whole("size_of_initialized_data", 0),
                                        whole("size_of_uninitialized_data", 0),
                                        whole("address_of_entry_point"),
                                        whole("base_of_code"),
                                        whole("base_of_data"),
                                        whole("image_base"),
                                        whole("section_alignment"),
                                        whole("file_alignment"),
                                        whole("major_os_version"),
                                        whole("minor_os_version"),
                                        whole("major_image_version"),
                                        whole("minor_image_version"),
                                        whole("major_subsystem_version"),
                                        whole("minor_subsystem_version"),
                                        hex("win32_version_value_hex"),
                                        whole("size_of_image", 0),
                                        whole("size_of_headers", 0),
                                        hex("checksum_hex"),
                                        hex("subsystem_hex"),
                                        hex("dll_characteristics_hex"),
                                        whole("size_of_stack_reserve", 0),
                                        whole("size_of_stack_commit", 0),
                                        whole("size_of_heap_reserve", 0),
                                        whole("size_of_heap_commit", 0),
                                        hex("loader_flags_hex"),
                                        whole("number_of_rva_and_sizes"),
                                        of("hashes", hashes)};
constexpr Shape optional_header_shape{
    .name = "windows-pe-optional-header", .properties = optional_header, .at_least_one = true, .section = "6.7.6.2"};
constexpr Property pe_section[] = {text("name").needed(), whole("size", 0), real("entropy", -1e308, 1e308),
                                   of("hashes", hashes)};
constexpr Shape pe_section_shape{.name = "windows-pe-section", .properties = pe_section, .section = "6.7.6.3"};
constexpr Property pe_ext[] = {open("pe_type", vocabulary::windows_pebinary_type).needed(),
                               text("imphash"),
                               hex("machine_hex"),
                               whole("number_of_sections", 0),
                               moment("time_date_stamp"),
                               hex("pointer_to_symbol_table_hex"),
                               whole("number_of_symbols", 0),
                               whole("size_of_optional_header", 0),
                               hex("characteristics_hex"),
                               of("file_header_hashes", hashes),
                               parts("optional_header", optional_header_shape),
                               parts("sections", pe_section_shape).listed()};
constexpr Property http_ext[] = {text("request_method").needed(), text("request_value").needed(),
                                 text("request_version"),         of("request_header", dictionary),
                                 whole("message_body_length"),    ref("message_body_data_ref", "artifact")};
constexpr Property icmp_ext[] = {hex("icmp_type_hex").needed(), hex("icmp_code_hex").needed()};
constexpr Property socket_ext[] = {closed("address_family", vocabulary::address_family).needed(),
                                   flag("is_blocking"),
                                   flag("is_listening"),
                                   of("options", dictionary),
                                   closed("socket_type", vocabulary::socket_type),
                                   whole("socket_descriptor", 0),
                                   whole("socket_handle")};
constexpr Property tcp_ext[] = {hex("src_flags_hex"), hex("dst_flags_hex")};
constexpr Property process_ext[] = {flag("aslr_enabled"),
                                    flag("dep_enabled"),
                                    text("priority"),
                                    text("owner_sid"),
                                    text("window_title"),
                                    of("startup_info", dictionary),
                                    closed("integrity_level", vocabulary::integrity_level)};
constexpr Property service_ext[] = {text("service_name"),
                                    text("descriptions").listed(),
                                    text("display_name"),
                                    text("group_name"),
                                    closed("start_type", vocabulary::service_start_type),
                                    ref("service_dll_refs", "file").listed(),
                                    closed("service_type", vocabulary::service_type),
                                    closed("service_status", vocabulary::service_status)};
constexpr Property unix_ext[] = {whole("gid"), text("groups").listed(), text("home_dir"), text("shell")};

struct Extension {
  std::string_view type;
  Shape shape;
};
constexpr Extension known_extensions[] = {
    {"file", {.name = "archive-ext", .properties = archive_ext, .section = "6.7.2"}},
    {"file", {.name = "ntfs-ext", .properties = ntfs_ext, .at_least_one = true, .section = "6.7.3"}},
    {"file", {.name = "pdf-ext", .properties = pdf_ext, .at_least_one = true, .section = "6.7.4"}},
    {"file", {.name = "raster-image-ext", .properties = raster_ext, .at_least_one = true, .section = "6.7.5"}},
    {"file", {.name = "windows-pebinary-ext", .properties = pe_ext, .section = "6.7.6"}},
    {"network-traffic",
     {.name = "http-request-ext", .properties = http_ext, .rules = check_http_request, .section = "6.12.2"}},
    {"network-traffic", {.name = "icmp-ext", .properties = icmp_ext, .section = "6.12.3"}},
    {"network-traffic", {.name = "socket-ext", .properties = socket_ext, .rules = check_socket, .section = "6.12.4"}},
    {"network-traffic", {.name = "tcp-ext", .properties = tcp_ext, .at_least_one = true, .section = "6.12.5"}},
    {"process", {.name = "windows-process-ext", .properties = process_ext, .at_least_one = true, .section = "6.13.2"}},
    {"process", {.name = "windows-service-ext", .properties = service_ext, .at_least_one = true, .section = "6.13.3"}},
    {"user-account", {.name = "unix-account-ext", .properties = unix_ext, .at_least_one = true, .section = "6.16.2"}},
};

constexpr Property mime_part[] = {text("body"), ref("body_raw_ref", "artifact file"), text("content_type"),
                                  text("content_disposition")};
constexpr Shape mime_part_shape{
    .name = "email-mime-part", .properties = mime_part, .rules = check_mime_part, .section = "6.6.2"};
constexpr Property registry_value[] = {text("name"), text("data"), closed("data_type", vocabulary::registry_datatype)};
constexpr Shape registry_value_shape{
    .name = "windows-registry-value", .properties = registry_value, .at_least_one = true, .section = "6.17.2"};
constexpr Property x509_extension[] = {text("basic_constraints"),
                                       text("name_constraints"),
                                       text("policy_constraints"),
                                       text("key_usage"),
                                       text("extended_key_usage"),
                                       text("subject_key_identifier"),
                                       text("authority_key_identifier"),
                                       text("subject_alternative_name"),
                                       text("issuer_alternative_name"),
                                       text("subject_directory_attributes"),
                                       text("crl_distribution_points"),
                                       text("inhibit_any_policy"),
                                       moment("private_key_usage_period_not_before"),
                                       moment("private_key_usage_period_not_after"),
                                       text("certificate_policies"),
                                       text("policy_mappings")};
constexpr Shape x509_extension_shape{
    .name = "x509-v3-extensions", .properties = x509_extension, .at_least_one = true, .section = "6.18.2"};

// ---- Observables (section 6) ----

constexpr Property artifact[] = {form("mime_type", is_media_type, "a media type of the IANA registry"),
                                 binary("payload_bin"),
                                 uri("url"),
                                 of("hashes", hashes),
                                 closed("encryption_algorithm", vocabulary::encryption_algorithm),
                                 text("decryption_key")};
constexpr Property autonomous_system[] = {whole("number").needed(), text("name"), text("rir")};
constexpr Property directory[] = {text("path").needed(), charset("path_enc"),
                                  moment("ctime"),       moment("mtime"),
                                  moment("atime"),       ref("contains_refs", "file directory").listed()};
constexpr Property domain_name[] = {form("value", is_domain, "a domain name (RFC 1034, RFC 5890)").needed(),
                                    ref("resolves_to_refs", "ipv4-addr ipv6-addr domain-name").listed()};
constexpr Property email_addr[] = {
    form("value", is_email_address, "an address without display name (RFC 5322)").needed(), text("display_name"),
    ref("belongs_to_ref", "user-account")};
constexpr Property email_message[] = {flag("is_multipart").needed(),
                                      moment("date"),
                                      text("content_type"),
                                      ref("from_ref", "email-addr"),
                                      ref("sender_ref", "email-addr"),
                                      ref("to_refs", "email-addr").listed(),
                                      ref("cc_refs", "email-addr").listed(),
                                      ref("bcc_refs", "email-addr").listed(),
                                      text("message_id"),
                                      text("subject"),
                                      text("received_lines").listed(),
                                      of("additional_header_fields", dictionary),
                                      text("body"),
                                      parts("body_multipart", mime_part_shape).listed(),
                                      ref("raw_email_ref", "artifact")};
constexpr Property file[] = {of("hashes", hashes),
                             whole("size", 0),
                             text("name"),
                             charset("name_enc"),
                             hex("magic_number_hex"),
                             form("mime_type", is_media_type, "a media type of the IANA registry"),
                             moment("ctime"),
                             moment("mtime"),
                             moment("atime"),
                             ref("parent_directory_ref", "directory"),
                             ref("contains_refs", "observable").listed(),
                             ref("content_ref", "artifact")};
constexpr Property ipv4_addr[] = {form("value", is_ipv4, "an IPv4 address, or a network as CIDR").needed(),
                                  ref("resolves_to_refs", "mac-addr").listed(),
                                  ref("belongs_to_refs", "autonomous-system").listed()};
constexpr Property ipv6_addr[] = {form("value", is_ipv6, "an IPv6 address, or a network as CIDR").needed(),
                                  ref("resolves_to_refs", "mac-addr").listed(),
                                  ref("belongs_to_refs", "autonomous-system").listed()};
constexpr Property mac_addr[] = {
    form("value", is_mac, "six pairs of lower-case hexadecimal digits between colons").needed()};
constexpr Property mutex[] = {text("name").needed()};
constexpr Property network_traffic[] = {moment("start"),
                                        moment("end"),
                                        flag("is_active"),
                                        ref("src_ref", "ipv4-addr ipv6-addr mac-addr domain-name"),
                                        ref("dst_ref", "ipv4-addr ipv6-addr mac-addr domain-name"),
                                        whole("src_port", 0, 65535),
                                        whole("dst_port", 0, 65535),
                                        advised("protocols", is_lower_hyphen, "lower case").listed().needed(),
                                        whole("src_byte_count", 0),
                                        whole("dst_byte_count", 0),
                                        whole("src_packets", 0),
                                        whole("dst_packets", 0),
                                        of("ipfix", dictionary),
                                        ref("src_payload_ref", "artifact"),
                                        ref("dst_payload_ref", "artifact"),
                                        ref("encapsulates_refs", "network-traffic").listed(),
                                        ref("encapsulated_by_ref", "network-traffic")};
constexpr Order ended[] = {{"start", "end"}};
constexpr Property process[] = {flag("is_hidden"),
                                whole("pid"),
                                moment("created_time"),
                                text("cwd"),
                                text("command_line"),
                                of("environment_variables", dictionary),
                                ref("opened_connection_refs", "network-traffic").listed(),
                                ref("creator_user_ref", "user-account"),
                                ref("image_ref", "file"),
                                ref("parent_ref", "process"),
                                ref("child_refs", "process").listed()};
constexpr Property software[] = {
    text("name").needed(), form("cpe", is_cpe23, "a CPE 2.3 formatted string"),
    text("swid"),          form("languages", is_language, "a language tag (RFC 5646)").listed(),
    text("vendor"),        text("version")};
constexpr Property url[] = {uri("value").needed()};
constexpr Property user_account[] = {text("user_id"),
                                     text("credential"),
                                     text("account_login"),
                                     open("account_type", vocabulary::account_type),
                                     text("display_name"),
                                     flag("is_service_account"),
                                     flag("is_privileged"),
                                     flag("can_escalate_privs"),
                                     flag("is_disabled"),
                                     moment("account_created"),
                                     moment("account_expires"),
                                     moment("credential_last_changed"),
                                     moment("account_first_login"),
                                     moment("account_last_login")};
constexpr Property registry_key[] = {text("key"), parts("values", registry_value_shape).listed(),
                                     moment("modified_time"), ref("creator_user_ref", "user-account"),
                                     whole("number_of_subkeys")};
constexpr Property x509[] = {flag("is_self_signed"),
                             of("hashes", hashes),
                             text("version"),
                             text("serial_number"),
                             text("signature_algorithm"),
                             text("issuer"),
                             moment("validity_not_before"),
                             moment("validity_not_after"),
                             text("subject"),
                             text("subject_public_key_algorithm"),
                             text("subject_public_key_modulus"),
                             whole("subject_public_key_exponent"),
                             parts("x509_v3_extensions", x509_extension_shape)};

// ---- Meta objects (section 7) and bundles (section 8) ----

constexpr Property marking_definition[] = {text("name"), text("definition_type"), of("definition", any)};
constexpr Property extension_definition[] = {text("name").needed(),
                                             description,
                                             text("schema").needed(),
                                             text("version").needed(),
                                             closed("extension_types", vocabulary::extension_type).listed().needed(),
                                             text("extension_properties").listed()};
constexpr Property language_content[] = {ref("object_ref", "*").needed(), moment("object_modified"),
                                         of("contents", any).needed()};
constexpr Property bundle_properties[] = {of("objects", any).listed()};

constexpr Shape types[] = {
    {.name = "attack-pattern", .kind = domain, .properties = attack_pattern, .section = "4.1"},
    {.name = "campaign", .kind = domain, .properties = campaign, .orders = seen, .section = "4.2"},
    {.name = "course-of-action", .kind = domain, .properties = course_of_action, .section = "4.3"},
    {.name = "grouping", .kind = domain, .properties = grouping, .section = "4.4"},
    {.name = "identity", .kind = domain, .properties = identity, .section = "4.5"},
    {.name = "incident", .kind = domain, .properties = incident, .section = "4.6"},
    {.name = "indicator",
     .kind = domain,
     .properties = indicator,
     .orders = validity,
     .rules = check_indicator,
     .section = "4.7"},
    {.name = "infrastructure", .kind = domain, .properties = infrastructure, .orders = seen, .section = "4.8"},
    {.name = "intrusion-set", .kind = domain, .properties = intrusion_set, .orders = seen, .section = "4.9"},
    {.name = "location", .kind = domain, .properties = location, .rules = check_location, .section = "4.10"},
    {.name = "malware",
     .kind = domain,
     .properties = malware,
     .orders = seen,
     .rules = check_malware,
     .section = "4.11"},
    {.name = "malware-analysis",
     .kind = domain,
     .properties = malware_analysis,
     .orders = analysis,
     .rules = check_malware_analysis,
     .section = "4.12"},
    {.name = "note", .kind = domain, .properties = note, .section = "4.13"},
    {.name = "observed-data",
     .kind = domain,
     .properties = observed_data,
     .orders = observed,
     .rules = check_observed_data,
     .section = "4.14"},
    {.name = "opinion", .kind = domain, .properties = opinion, .section = "4.15"},
    {.name = "report", .kind = domain, .properties = report, .section = "4.16"},
    {.name = "threat-actor", .kind = domain, .properties = threat_actor, .orders = seen, .section = "4.17"},
    {.name = "tool", .kind = domain, .properties = tool, .section = "4.18"},
    {.name = "vulnerability", .kind = domain, .properties = vulnerability, .section = "4.19"},
    {.name = "relationship",
     .kind = ObjectKind::relationship,
     .properties = relationship_properties,
     .orders = started,
     .rules = check_relationship,
     .section = "5.1"},
    {.name = "sighting", .kind = ObjectKind::relationship, .properties = sighting, .orders = seen, .section = "5.2"},
    {.name = "artifact",
     .kind = observable,
     .properties = artifact,
     .contributing = "hashes payload_bin",
     .rules = check_artifact,
     .section = "6.1"},
    {.name = "autonomous-system",
     .kind = observable,
     .properties = autonomous_system,
     .contributing = "number",
     .section = "6.2"},
    {.name = "directory", .kind = observable, .properties = directory, .contributing = "path", .section = "6.3"},
    {.name = "domain-name", .kind = observable, .properties = domain_name, .contributing = "value", .section = "6.4"},
    {.name = "email-addr", .kind = observable, .properties = email_addr, .contributing = "value", .section = "6.5"},
    {.name = "email-message",
     .kind = observable,
     .properties = email_message,
     .contributing = "from_ref subject body",
     .rules = check_email_message,
     .section = "6.6"},
    {.name = "file",
     .kind = observable,
     .properties = file,
     .contributing = "hashes name parent_directory_ref extensions",
     .rules = check_file,
     .section = "6.7"},
    {.name = "ipv4-addr", .kind = observable, .properties = ipv4_addr, .contributing = "value", .section = "6.8"},
    {.name = "ipv6-addr", .kind = observable, .properties = ipv6_addr, .contributing = "value", .section = "6.9"},
    {.name = "mac-addr", .kind = observable, .properties = mac_addr, .contributing = "value", .section = "6.10"},
    {.name = "mutex", .kind = observable, .properties = mutex, .contributing = "name", .section = "6.11"},
    {.name = "network-traffic",
     .kind = observable,
     .properties = network_traffic,
     .orders = ended,
     .contributing = "start end src_ref dst_ref src_port dst_port protocols extensions",
     .rules = check_network_traffic,
     .section = "6.12"},
    {.name = "process", .kind = observable, .properties = process, .at_least_one = true, .section = "6.13"},
    {.name = "software",
     .kind = observable,
     .properties = software,
     .contributing = "name cpe swid vendor version",
     .section = "6.14"},
    {.name = "url", .kind = observable, .properties = url, .contributing = "value", .section = "6.15"},
    {.name = "user-account",
     .kind = observable,
     .properties = user_account,
     .at_least_one = true,
     .contributing = "account_type user_id account_login",
     .section = "6.16"},
    {.name = "windows-registry-key",
     .kind = observable,
     .properties = registry_key,
     .at_least_one = true,
     .contributing = "key values",
     .section = "6.17"},
    {.name = "x509-certificate",
     .kind = observable,
     .properties = x509,
     .at_least_one = true,
     .contributing = "hashes serial_number",
     .section = "6.18"},
    {.name = "marking-definition",
     .kind = meta,
     .properties = marking_definition,
     .rules = check_marking_definition,
     .section = "7.2.1"},
    {.name = "extension-definition",
     .kind = meta,
     .properties = extension_definition,
     .rules = check_extension_definition,
     .section = "7.3.1"},
    {.name = "language-content",
     .kind = meta,
     .properties = language_content,
     .rules = check_language_content,
     .section = "7.1"},
    {.name = "bundle", .kind = ObjectKind::bundle, .properties = bundle_properties, .section = "8"},
};

}  // namespace

const Shape* find_type(std::string_view type) {
  for (const Shape& shape : types) {
    if (shape.name == type) {
      return &shape;
    }
  }
  return nullptr;
}

bool is_observable_type(std::string_view type) {
  const Shape* shape = find_type(type);
  return shape != nullptr && shape->kind == ObjectKind::observable;
}

std::span<const Property> common_properties(ObjectKind kind, std::string_view type) {
  switch (kind) {
    case observable:
      return common_of_observables;
    case ObjectKind::bundle:
      return common_of_bundles;
    case meta:
      return type == "marking-definition" ? Properties(common_of_markings) : Properties(common);
    case domain:
    case ObjectKind::relationship:
      return common;
    case ObjectKind::part:
      break;
  }
  return {};
}

const Shape* find_extension(std::string_view type, std::string_view extension) {
  for (const Extension& known : known_extensions) {
    if (known.type == type && known.shape.name == extension) {
      return &known.shape;
    }
  }
  return nullptr;
}

}  // namespace tocsin::stix
