//! What the host asks of us: who we are, which tools there are, and to call one.

use std::borrow::Cow;
use std::sync::Arc;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, CustomNotification,
    CustomRequest, CustomResult, ErrorCode, ErrorData, Implementation, JsonObject, ListToolsResult,
    PaginatedRequestParams, ProtocolVersion, ServerCapabilities, ServerConfig, Tool as ToolSpec,
    ToolAnnotations, ToolsCapability,
};
use rmcp::service::{NotificationContext, RequestContext};
use rmcp::{RoleServer, ServerHandler};

use crate::instructions::INSTRUCTIONS;
use crate::relay::{REQUEST, Relay};
use crate::room::Note;
use crate::tools::{TOOLS, Tool, Tools};

/// The newest protocol with a handshake. Under later ones no host takes events.
const NEWEST: ProtocolVersion = ProtocolVersion::V_2025_11_25;

/// By which a host knows that events come this way.
const CHANNEL: &str = "claude/channel";
/// By which it knows that permissions are asked for this way too.
const PERMISSION: &str = "claude/channel/permission";

/// See the module.
#[derive(Debug)]
pub(crate) struct Host {
    tools: Tools,
    relay: Option<Relay>,
}

impl Host {
    pub(crate) fn new(tools: Tools, relay: Option<Relay>) -> Self {
        Self { tools, relay }
    }
}

impl ServerHandler for Host {
    fn get_info(&self) -> ServerConfig {
        let mut capabilities = ServerCapabilities::default();
        capabilities.tools = Some(ToolsCapability::default());
        let permission = self.relay.as_ref().map(|_| PERMISSION);
        let ours = std::iter::once(CHANNEL).chain(permission);
        let ours = ours.map(|it| (it.to_owned(), JsonObject::new()));
        capabilities.experimental = Some(ours.collect());
        let mut info = ServerConfig::new(capabilities);
        info.protocol_version = NEWEST;
        info.server_info = Implementation::new("ackord", env!("CARGO_PKG_VERSION"));
        info.instructions = Some(INSTRUCTIONS.to_owned());
        info
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(ProtocolVersion::known_up_to(&NEWEST))
    }

    async fn list_tools(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(
            TOOLS.iter().map(spec).collect(),
        ))
    }

    async fn call_tool(
        &self,
        call: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(tool) = TOOLS.iter().find(|it| it.name == call.name) else {
            let names: Vec<_> = TOOLS.iter().map(|it| it.name).collect();
            let why = format!(
                "there is no tool {}; there are: {}",
                call.name,
                names.join(", ")
            );
            return Err(ErrorData::invalid_params(why, None));
        };
        let arguments = call.arguments.unwrap_or_default();
        let told = tokio::select! {
            biased;
            // Nobody waits for the answer any more. What it has asked of the cluster may be done.
            () = context.ct.cancelled() => Err("cancelled".to_owned()),
            told = self.tools.call(tool, arguments) => told,
        };
        let result = match told {
            Ok(words) => CallToolResult::success(vec![ContentBlock::text(words)]),
            Err(words) => CallToolResult::error(vec![ContentBlock::text(words)]),
        };
        Ok(result.into())
    }

    async fn on_initialized(&self, _context: NotificationContext<RoleServer>) {
        self.tools.door().tell(Note::HostListens).await;
    }

    /// What is no notification that the SDK knows. A host that asks for a permission asks nobody who has not
    /// declared that he answers.
    async fn on_custom_notification(
        &self,
        notification: CustomNotification,
        context: NotificationContext<RoleServer>,
    ) {
        if let Some(relay) = self
            .relay
            .as_ref()
            .filter(|_| notification.method == REQUEST)
        {
            relay.hear(notification.params, context.peer);
        }
    }

    /// What is no request that the SDK knows: an unknown method, or a known one with parameters of another
    /// shape.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        let known = ["initialize", "ping", "tools/call", "tools/list"];
        let (code, why) = match known.contains(&request.method.as_str()) {
            true => (
                ErrorCode::INVALID_PARAMS,
                "its parameters have another shape",
            ),
            false => (ErrorCode::METHOD_NOT_FOUND, "there is no such method"),
        };
        Err(ErrorData::new(
            code,
            format!("{}: {why}", request.method),
            None,
        ))
    }
}

fn spec(tool: &Tool) -> ToolSpec {
    let mut spec = ToolSpec::new(tool.name, tool.description, Arc::new((tool.schema)()));
    spec.annotations = Some(
        ToolAnnotations::new()
            .read_only(tool.is_read_only)
            .open_world(false),
    );
    spec
}
