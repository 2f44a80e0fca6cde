//! CreateVirtualMFADevice, EnableMFADevice, ResyncMFADevice, DeactivateMFADevice, DeleteVirtualMFADevice and their
//! listings. A device's seed leaves once, when it is made, as text; no picture of it is drawn.

use api::iam::{
    CreateVirtualMFADeviceInput, CreateVirtualMFADeviceOutput, DeactivateMFADeviceInput,
    DeactivateMFADeviceOutput, DeleteVirtualMFADeviceInput, DeleteVirtualMFADeviceOutput,
    EnableMFADeviceInput, EnableMFADeviceOutput, GetMFADeviceInput, GetMFADeviceOutput, ListMFADevicesInput,
    ListMFADevicesOutput, ListVirtualMFADevicesInput, ListVirtualMFADevicesOutput, MFADevice,
    ResyncMFADeviceInput, ResyncMFADeviceOutput, VirtualMFADevice,
};
use api::{ErrorCode, S3Error};
use bytes::Bytes;
use catalog::View;
use catalog::table::{DeviceRow, UserRow};
use model::arn::{self, Entity as Arn};
use model::{AccountId, Timestamp};
use seal::Sealer;

use crate::asker::Asker;
use crate::draft::Draft;
use crate::fault::{self, Stop};
use crate::limits::DEVICES_PER_USER_MAX;
use crate::page::Paging;
use crate::registry::Registry;
use crate::rows::Rows;
use crate::tags::{self, Case};
use crate::{refuse, shown, totp, words};

const NAME_CHARS_MAX: usize = 226;
const SEED_BYTES: usize = 40;
/// How many time steps a device's clock may be off when it is enabled, and when it is brought back into step.
const REACH: u64 = 2;
const REACH_TO_RESYNC: u64 = 120;

impl<V: View> Rows<V> {
    /// By its serial number.
    pub(super) fn device(&self, serial: &str) -> Result<DeviceRow, Stop> {
        let named =
            Arn::parse(serial).filter(|named| named.kind == "mfa" && named.account == Some(self.account));
        let row = named.map(|named| self.find::<DeviceRow>(named.name)).transpose()?.flatten();
        let row = row.filter(|row| self.serial(row) == serial);
        row.ok_or_else(|| refuse::no_device(serial).into())
    }

    fn serial(&self, row: &DeviceRow) -> String {
        arn::device(self.account, &row.path, &row.name)
    }
}

impl Registry {
    pub(super) async fn create_virtual_mfa_device(
        &self,
        asker: &Asker,
        input: &CreateVirtualMFADeviceInput,
    ) -> Result<CreateVirtualMFADeviceOutput, S3Error> {
        let name = input.virtual_mfa_device_name.as_deref();
        let name = words::name(name, "virtualMFADeviceName", NAME_CHARS_MAX)?.to_owned();
        let path = words::path(input.path.as_deref(), "path")?;
        let tags = tags::read(&input.tags, Case::Sensitive)?;
        let mut seed = [0; SEED_BYTES];
        self.random().fill(&mut seed);
        let sealed = auth::seal_seed(self.sealer(), self.random(), asker.account, &name, &seed);
        let row = DeviceRow {
            name,
            path,
            created: self.clock().now(),
            tags,
            seed: sealed.map_err(fault::failed)?,
            user: None,
            last_step: 0,
        };
        let device = VirtualMFADevice {
            serial_number: Some(arn::device(asker.account, &row.path, &row.name)),
            base32_string_seed: Some(Bytes::from(totp::base32(&seed))),
            tags: tags::shown(&row.tags),
            ..VirtualMFADevice::default()
        };
        let made = self.change(asker.account, move |draft| {
            if draft.find::<DeviceRow>(&row.name)?.is_some() {
                return Err(refuse::exists("MFA device already exists.").into());
            }
            draft.put(&row);
            draft.counts.devices += 1;
            Ok(())
        });
        made.await?;
        Ok(CreateVirtualMFADeviceOutput { virtual_mfa_device: Some(device) })
    }

    pub(super) async fn enable_mfa_device(
        &self,
        asker: &Asker,
        input: &EnableMFADeviceInput,
    ) -> Result<EnableMFADeviceOutput, S3Error> {
        let proof = Proof::read(
            [input.user_name.as_deref(), input.serial_number.as_deref()],
            [input.authentication_code1.as_deref(), input.authentication_code2.as_deref()],
            self.clock().now(),
        )?;
        let sealer = self.sealer().clone();
        let enabled = self.change(asker.account, move |draft| {
            let mut user = draft.get::<UserRow>(&proof.user)?;
            let device = draft.device(&proof.serial)?;
            if device.user.is_some() {
                return Err(refuse::exists("MFA Device is already in use.").into());
            }
            if user.devices.len() >= DEVICES_PER_USER_MAX {
                return Err(refuse::quota("MFADevicesPerUser", DEVICES_PER_USER_MAX as u64).into());
            }
            let last_step = proof.step(&sealer, draft.account, &device, REACH)?;
            user.devices.push(device.name.to_lowercase());
            let holder = Some((user.name.to_lowercase(), draft.now));
            draft.put(&DeviceRow { user: holder, last_step, ..device });
            draft.put(&user);
            draft.counts.devices_in_use += 1;
            Ok(())
        });
        enabled.await?;
        Ok(EnableMFADeviceOutput {})
    }

    pub(super) async fn resync_mfa_device(
        &self,
        asker: &Asker,
        input: &ResyncMFADeviceInput,
    ) -> Result<ResyncMFADeviceOutput, S3Error> {
        let proof = Proof::read(
            [input.user_name.as_deref(), input.serial_number.as_deref()],
            [input.authentication_code1.as_deref(), input.authentication_code2.as_deref()],
            self.clock().now(),
        )?;
        let sealer = self.sealer().clone();
        let resynced = self.change(asker.account, move |draft| {
            let (_, device) = held(draft, &proof.user, &proof.serial)?;
            let last_step = proof.step(&sealer, draft.account, &device, REACH_TO_RESYNC)?;
            draft.put(&DeviceRow { last_step, ..device });
            Ok(())
        });
        resynced.await?;
        Ok(ResyncMFADeviceOutput {})
    }

    pub(super) async fn deactivate_mfa_device(
        &self,
        asker: &Asker,
        input: &DeactivateMFADeviceInput,
    ) -> Result<DeactivateMFADeviceOutput, S3Error> {
        let name = asker.subject(input.user_name.as_deref())?;
        let name = words::required(name.as_deref(), "userName")?.to_owned();
        let serial = words::required(input.serial_number.as_deref(), "serialNumber")?.to_owned();
        let deactivated = self.reduce(asker.account, move |draft| {
            let (mut user, device) = held(draft, &name, &serial)?;
            user.devices.retain(|other| *other != device.name.to_lowercase());
            draft.put(&user);
            draft.put(&DeviceRow { user: None, ..device });
            draft.counts.devices_in_use = draft.counts.devices_in_use.saturating_sub(1);
            Ok(())
        });
        deactivated.await?;
        Ok(DeactivateMFADeviceOutput {})
    }

    pub(super) async fn delete_virtual_mfa_device(
        &self,
        asker: &Asker,
        input: &DeleteVirtualMFADeviceInput,
    ) -> Result<DeleteVirtualMFADeviceOutput, S3Error> {
        let serial = words::required(input.serial_number.as_deref(), "serialNumber")?.to_owned();
        let removed = self.reduce(asker.account, move |draft| {
            let row = draft.device(&serial)?;
            if row.user.is_some() {
                return Err(refuse::in_use("MFA VirtualDevice in use. Must deactivate first.").into());
            }
            draft.remove::<DeviceRow>(&row.name);
            draft.counts.devices = draft.counts.devices.saturating_sub(1);
            Ok(())
        });
        removed.await?;
        Ok(DeleteVirtualMFADeviceOutput {})
    }

    pub(super) async fn list_mfa_devices(
        &self,
        asker: &Asker,
        input: &ListMFADevicesInput,
    ) -> Result<ListMFADevicesOutput, S3Error> {
        let paging = Paging::read(input.marker.as_deref(), input.max_items)?;
        let rows = self.rows(asker.account).map_err(fault::catalog)?;
        let mut devices = Vec::new();
        if let Some(name) = asker.subject(input.user_name.as_deref())? {
            let user = rows.get::<UserRow>(&name)?;
            for name in &user.devices {
                let row = rows.get::<DeviceRow>(name)?;
                let device = MFADevice {
                    user_name: Some(user.name.clone()),
                    serial_number: Some(rows.serial(&row)),
                    enable_date: row.user.map(|(_, since)| since),
                };
                devices.push((name.clone(), device));
            }
        }
        let page = paging.cut(devices).map_err(fault::catalog)?;
        Ok(ListMFADevicesOutput {
            mfa_devices: page.items,
            is_truncated: Some(page.truncated),
            marker: page.marker,
        })
    }

    pub(super) async fn list_virtual_mfa_devices(
        &self,
        asker: &Asker,
        input: &ListVirtualMFADevicesInput,
    ) -> Result<ListVirtualMFADevicesOutput, S3Error> {
        let paging = Paging::read(input.marker.as_deref(), input.max_items)?;
        let assigned = match input.assignment_status.as_deref() {
            None | Some("Any") => None,
            Some("Assigned") => Some(true),
            Some("Unassigned") => Some(false),
            Some(_) => {
                let must = "satisfy enum value set: [Assigned, Unassigned, Any]";
                return Err(refuse::constraint("assignmentStatus", must));
            }
        };
        let rows = self.rows(asker.account).map_err(fault::catalog)?;
        let fits =
            |(_, row): &(String, DeviceRow)| assigned.is_none_or(|wanted| row.user.is_some() == wanted);
        let devices = rows.walk(&paging.after).filter(|item| item.as_ref().map_or(true, fits));
        let page = paging.fill(devices).map_err(fault::catalog)?;
        let mut shown = Vec::new();
        for row in &page.items {
            let user = row.user.as_ref().map(|(name, _)| rows.get::<UserRow>(name)).transpose()?;
            shown.push(VirtualMFADevice {
                serial_number: Some(rows.serial(row)),
                user: user.map(|user| shown::brief_user(asker.account, &user)),
                enable_date: row.user.as_ref().map(|(_, since)| *since),
                ..VirtualMFADevice::default()
            });
        }
        Ok(ListVirtualMFADevicesOutput {
            virtual_mfa_devices: shown,
            is_truncated: Some(page.truncated),
            marker: page.marker,
        })
    }

    pub(super) async fn get_mfa_device(
        &self,
        asker: &Asker,
        input: &GetMFADeviceInput,
    ) -> Result<GetMFADeviceOutput, S3Error> {
        let serial = words::required(input.serial_number.as_deref(), "serialNumber")?;
        let rows = self.rows(asker.account).map_err(fault::catalog)?;
        let row = rows.device(serial)?;
        let user = row.user.as_ref().map(|(name, _)| rows.get::<UserRow>(name)).transpose()?;
        let is_asked = |user: &UserRow| {
            input.user_name.as_deref().is_none_or(|name| name.to_lowercase() == user.name.to_lowercase())
        };
        let user = user.filter(is_asked).ok_or_else(|| refuse::no_device(serial))?;
        Ok(GetMFADeviceOutput {
            user_name: Some(user.name),
            serial_number: Some(serial.to_owned()),
            enable_date: row.user.map(|(_, since)| since),
            certifications: Vec::new(),
        })
    }
}

/// What shows that somebody holds the device: two codes in a row.
struct Proof {
    user: String,
    serial: String,
    codes: [String; 2],
    now: u64,
}

impl Proof {
    fn read(
        [user, serial]: [Option<&str>; 2],
        codes: [Option<&str>; 2],
        now: Timestamp,
    ) -> Result<Self, S3Error> {
        let [one, two] = codes;
        let code = |code: Option<&str>, at| {
            let code = words::required(code, at)?;
            let legal = code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit());
            legal
                .then(|| code.to_owned())
                .ok_or_else(|| refuse::constraint(at, r"satisfy regular expression pattern: [\d]+"))
        };
        Ok(Self {
            user: words::required(user, "userName")?.to_owned(),
            serial: words::required(serial, "serialNumber")?.to_owned(),
            codes: [code(one, "authenticationCode1")?, code(two, "authenticationCode2")?],
            now: totp::step(now),
        })
    }

    /// The time step of the second code.
    fn step(
        &self,
        sealer: &Sealer,
        account: AccountId,
        device: &DeviceRow,
        reach: u64,
    ) -> Result<u64, S3Error> {
        let seed = auth::open_seed(sealer, account, &device.name, &device.seed).map_err(fault::failed)?;
        let codes = self.codes.each_ref().map(String::as_str);
        totp::proven(&seed, codes, self.now, reach, device.last_step).ok_or_else(|| {
            S3Error::with_message(
                ErrorCode::InvalidAuthenticationCode,
                "Authentication code for device is not valid.",
            )
        })
    }
}

/// A device that the user has.
fn held(draft: &Draft<'_>, user: &str, serial: &str) -> Result<(UserRow, DeviceRow), Stop> {
    let user = draft.get::<UserRow>(user)?;
    let device = draft.device(serial)?;
    if !user.devices.contains(&device.name.to_lowercase()) {
        return Err(refuse::no_device(serial).into());
    }
    Ok((user, device))
}
