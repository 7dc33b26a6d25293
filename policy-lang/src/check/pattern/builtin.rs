//! The built-in sets of hosts: `@loopback`, `@private` and the others.

/// A set that every policy knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuiltinSet {
    /// Hosts and blocks, as patterns.
    Hosts {
        /// Its name, without the `@`.
        name: &'static str,
        /// What it holds.
        members: &'static [Member],
    },
    /// `@public`: the addresses in none of the others.
    Public,
}

/// A member of a built-in set: a host pattern.
pub type Member = &'static str;

impl BuiltinSet {
    /// Every built-in set.
    pub const ALL: &'static [BuiltinSet] = &[
        BuiltinSet::Hosts {
            name: "loopback",
            members: &["127.0.0.0/8", "::1", "localhost", "*.localhost"],
        },
        BuiltinSet::Hosts {
            name: "private",
            members: &[
                "10.0.0.0/8",
                "172.16.0.0/12",
                "192.168.0.0/16",
                "100.64.0.0/10",
                "fc00::/7",
            ],
        },
        BuiltinSet::Hosts { name: "link_local", members: &["169.254.0.0/16", "fe80::/10"] },
        BuiltinSet::Hosts {
            name: "metadata",
            members: &[
                // Amazon, and most others after it.
                "169.254.169.254",
                "fd00:ec2::254",
                "instance-data",
                "instance-data.ec2.internal",
                // Amazon's credentials of containers and pods.
                "169.254.170.2",
                "169.254.170.23",
                "fd00:ec2::23",
                "metadata.internal",
                // Google.
                "metadata.google.internal",
                "metadata.goog",
                "fd20:ce::254",
                // Azure's second address.
                "168.63.129.16",
                // Oracle.
                "192.0.0.192",
                "fd00:c1::a9fe:a9fe",
                // Alibaba, Tencent.
                "100.100.100.200",
                "metadata.tencentyun.com",
                "169.254.0.23",
                // Scaleway.
                "169.254.42.42",
                "fd00:42::42",
                // OpenStack.
                "fe80::a9fe:a9fe",
                // IBM.
                "api.metadata.cloud.ibm.com",
            ],
        },
        BuiltinSet::Hosts {
            name: "multicast",
            // The broadcast address reaches many at once as well.
            members: &["224.0.0.0/4", "255.255.255.255", "ff00::/8"],
        },
        BuiltinSet::Hosts { name: "unspecified", members: &["0.0.0.0/8", "::"] },
        BuiltinSet::Public,
    ];

    /// Its name, without the `@`.
    pub const fn name(self) -> &'static str {
        match self {
            BuiltinSet::Hosts { name, .. } => name,
            BuiltinSet::Public => "public",
        }
    }

    /// The set that a name names.
    pub fn from_name(name: &str) -> Option<BuiltinSet> {
        BuiltinSet::ALL.iter().copied().find(|set| set.name() == name)
    }
}
