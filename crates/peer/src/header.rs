//! Who calls whom: metadata of every call.

use ackord_proto::peer::PeerHeader;
use prost::Message;
use tonic::metadata::{MetadataMap, MetadataValue};

use crate::me::Me;

const KEY: &str = "ackord-peer-bin";

/// What `me` says of itself to node `to`.
pub(crate) fn of(me: &Me, to: u64) -> PeerHeader {
    PeerHeader {
        cluster: me.cluster.to_be_bytes().to_vec().into(),
        group: me.group,
        from: me.node,
        from_incarnation: me.incarnation,
        to,
    }
}

pub(crate) fn write(header: &PeerHeader, metadata: &mut MetadataMap) {
    let value = MetadataValue::from_bytes(&header.encode_to_vec());
    metadata.insert_bin(KEY, value);
}

/// The header; none if there is none that can be read.
pub(crate) fn read(metadata: &MetadataMap) -> Option<PeerHeader> {
    let bytes = metadata.get_bin(KEY)?.to_bytes().ok()?;
    PeerHeader::decode(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_comes_back_as_it_was() {
        let me = Me {
            cluster: 7,
            group: 1,
            node: 2,
            incarnation: 9,
        };
        let mut metadata = MetadataMap::new();
        write(&of(&me, 3), &mut metadata);
        assert_eq!(read(&metadata), Some(of(&me, 3)));
        assert_eq!(read(&MetadataMap::new()), None);
    }
}
