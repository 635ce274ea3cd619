//! Raising the cluster's format, once all programs know it.

use ackord_core::command::{Op, RaiseFormat};
use ackord_machine::FormatRefusal;
use ackord_proto::v1;
use ackord_proto::v1::RefusalReason as Reason;
use tonic::Request;

use crate::api::Api;
use crate::refused::Refused;

impl Api {
    pub(crate) async fn raise_format(
        &self,
        request: Request<v1::RaiseFormatRequest>,
    ) -> Result<v1::RaiseFormatResponse, Refused> {
        let (caller, asked) = self.open(request).await?;
        caller.need_operator()?;
        let wanted = (asked.format != 0).then_some(asked.format);
        let format = self.machine.format_to_raise(wanted)?;
        let raise = Op::RaiseFormat(RaiseFormat { format });
        let position = self.carry_out(caller.command(None, raise)).await?;
        Ok(v1::RaiseFormatResponse { format, position })
    }
}

impl From<FormatRefusal> for Refused {
    fn from(refusal: FormatRefusal) -> Self {
        let reason = match &refusal {
            FormatRefusal::Silent(_) => Reason::NotHealthy,
            FormatRefusal::TooOld { .. } => Reason::TooOld,
        };
        Self::new(reason, refusal.to_string())
    }
}
